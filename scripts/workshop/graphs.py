"""Distillation on a GPU whose updates are one CUDA graph each (not tried on a GPU yet)."""
import inspect
import torch
from torch import Tensor
from ddpm import distillation as d
from ddpm import students as st
from ddpm.matching import Samples

cuda = torch.cuda.is_available()
schedules = {}
plain_estimate = st.Student.estimate
def estimate(self, network, labels):
    # one schedule for a recipe: a new one would copy its tables to the GPU at every call
    schedule = schedules.setdefault(id(self.recipe), self.recipe.make_schedule())
    def x0_fn(x, t):
        return st.predicted_x0(self.recipe, schedule, self.recipe.ask(network, x, t, labels), x, t)
    return x0_fn
st.Student.estimate = estimate

def set_rates(run, stage, done):
    for optimizer, rate in ((run.optimizer, stage.rate), (run.fake_optimizer, stage.fake_rate)):
        value = d.learning_rate(d.Training(rate=rate, one_cycle=True), 1, done)
        for group in optimizer.param_groups:
            if isinstance(group["lr"], Tensor):
                group["lr"].fill_(value)
            else:
                group["lr"] = value
d.set_rates = set_rates

kept = {}
def graphed(make):
    def made(run, stage, clean, labels, generator):
        key = stage.name
        if key in kept:
            return kept[key]
        kept.clear()
        update = make(run, stage, clean, labels, generator)
        device = clean.device
        for optimizer in (run.optimizer, run.fake_optimizer):
            for group in optimizer.param_groups:
                group["capturable"] = cuda
                if not isinstance(group["lr"], Tensor):
                    group["lr"] = torch.tensor(float(group["lr"]), device=device)
        free = inspect.getclosurevars(update).nonlocals
        chains, pool = free.get("chains"), free.get("pool")
        warm = (pool.maxlen if pool is not None else 3) + 3
        if cuda:
            stream = torch.cuda.Stream(); stream.wait_stream(torch.cuda.current_stream())
            with torch.cuda.stream(stream):
                for _ in range(warm):
                    update()
            torch.cuda.current_stream().wait_stream(stream)
        else:
            for _ in range(warm):
                update()
        names = ("x", "t", "labels", "n", "k")
        if chains is not None:
            state = {name: getattr(chains, name).detach().clone() for name in names}
            ring = [Samples(*(part.detach().clone() for part in s)) for s in pool]
        def point():
            if chains is not None:
                for name in names:
                    setattr(chains, name, state[name])
                pool.clear(); pool.extend(ring)
        def body():
            loss = update()
            if chains is not None:
                new = pool[-1]
                for name in names:
                    state[name].copy_(getattr(chains, name))
                for i in range(len(ring) - 1):
                    for a, b in zip(ring[i], ring[i + 1], strict=True):
                        a.copy_(b)
                for a, b in zip(ring[-1], new, strict=True):
                    a.copy_(b)
            return loss
        point()
        if not cuda:
            def replay():
                point(); loss = body(); point(); return loss
            kept[key] = replay
            return replay
        for optimizer in (run.optimizer, run.fake_optimizer):
            optimizer.zero_grad(set_to_none=True)
        graph = torch.cuda.CUDAGraph()
        graph.register_generator_state(generator)
        torch.cuda.synchronize()
        try:
            with torch.cuda.graph(graph):
                loss = body()
        except Exception as error:
            print("no graph:", repr(error)[:500], flush=True)
            torch.cuda.synchronize(); point()
            kept[key] = update
            return update
        point()
        print("graph captured:", key, flush=True)
        def replay():
            graph.replay()
            return loss
        kept[key] = replay
        kept["objects"] = (graph, update, loss)
        return replay
    return made
d.match, d.imitate = graphed(d.match), graphed(d.imitate)
