"""A model as an ONNX file, for programs that run networks without torch, such as a browser's."""

from __future__ import annotations

import tempfile
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from ddpm.files import atomic
from ddpm.model import Diffusion
from ddpm.recipes import Recipe
from scripts.workshop.lean import lean

OPSET = 18
LARGE = 1024
"""Weights with fewer values than this stay in float32: the cast would take more room."""

TOLERANCE = 1e-4
"""The largest difference from torch's answer that is accepted."""


class Question(nn.Module):
    """What a sampler asks: `Recipe.ask`, with the times as float and the labels as int32."""

    def __init__(self, recipe: Recipe, network: nn.Module):
        super().__init__()
        self.recipe, self.network = recipe, network

    def forward(self, x: Tensor, t: Tensor, label: Tensor | None = None) -> Tensor:
        return self.recipe.ask(self.network, x, t, label)


def questions(recipe: Recipe, n: int, seed: int = 0) -> dict[str, Tensor]:
    """n random images, times and labels, as an exported network takes them, by their names."""
    generator = torch.Generator().manual_seed(seed)
    asked = {
        "x": torch.randn(n, *recipe.scaling.shape, generator=generator),
        "t": torch.randint(1, recipe.T + 1, (n,), generator=generator).float(),
    }
    if recipe.classes:
        known = recipe.classes + bool(recipe.label_dropout)
        labels = torch.randint(known, (n,), generator=generator)
        asked["label"] = labels.to(torch.int32)
    return asked


def write_onnx(model: Diffusion, path: Path) -> None:
    """Writes a model's network: weights in half precision, arithmetic in float32, any batch.

    Its inputs are `x`, float32 (N, C, size, size) as the schedule makes it; `t`, float32 (N,),
    each 1..T; and for a model with labels `label`, int32 (N,). Its output is `answer`, what the
    network predicts. Its convolutions are those of `scripts/workshop/lean.py`.
    """
    question = Question(model.recipe, lean(model.network))
    write_module(question, questions(model.recipe, 2), path)


def write_module(module: nn.Module, asked: dict[str, Tensor], path: Path) -> None:
    """Writes a module that answers these questions, by their names, as `answer`."""
    import onnx

    n = torch.export.Dim("n", max=100_000)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # three axes have one name, which is what we want
        file = Path(folder, "model.onnx")
        torch.onnx.export(
            module.eval(),
            tuple(asked.values()),
            file,
            dynamo=True,
            input_names=[*asked],
            output_names=["answer"],
            dynamic_shapes=tuple({0: n} for _ in asked),
            opset_version=OPSET,
            external_data=False,
            verbose=False,
        )
        graph = onnx.load(file)
    halve_weights(graph)
    forget_origin(graph)
    onnx.checker.check_model(graph)
    with atomic(path) as temporary:
        temporary.write_bytes(graph.SerializeToString(deterministic=True))


def halve_weights(model: Any) -> None:
    """Weights that half precision holds exactly are stored so, and cast back where they are used.

    Those of a bundled model come from a file of half precision: nothing is lost.
    """
    from onnx import TensorProto, helper, numpy_helper

    casts = []
    for weights in model.graph.initializer:
        if weights.data_type != TensorProto.FLOAT:
            continue
        values = numpy_helper.to_array(weights)
        with np.errstate(over="ignore"):
            half = values.astype(np.float16)
        if values.size < LARGE or not np.array_equal(half.astype(np.float32), values):
            continue
        name = weights.name
        weights.CopyFrom(numpy_helper.from_array(half, f"{name}.half"))
        casts.append(helper.make_node("Cast", [f"{name}.half"], [name], to=TensorProto.FLOAT))
    nodes = [*casts, *model.graph.node]
    del model.graph.node[:]
    model.graph.node.extend(nodes)


def forget_origin(model: Any) -> None:
    """Removes the places in the source code of each part: they take space and name folders."""
    graph = model.graph
    for part in (model, graph, *graph.node, *graph.initializer, *graph.input, *graph.output):
        part.doc_string = ""
        del part.metadata_props[:]
    del graph.value_info[:]
    for function in model.functions:
        for node in function.node:
            node.doc_string = ""
            del node.metadata_props[:]


def answers(path: Path, asked: dict[str, Tensor]) -> Tensor:
    """What an exported network answers, by onnxruntime on one thread."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    (answer,) = session.run(["answer"], {name: value.numpy() for name, value in asked.items()})
    return torch.from_numpy(answer)


@torch.no_grad()
def difference(model: Diffusion, path: Path, counts: tuple[int, ...] = (1, 3)) -> float:
    """The largest difference between an exported network's answers and torch's."""
    question = Question(model.recipe, model.network)
    return max(apart(question, questions(model.recipe, n, seed=n), path) for n in counts)


@torch.no_grad()
def apart(module: nn.Module, asked: dict[str, Tensor], path: Path) -> float:
    """The largest difference between an exported module's answer to a question and torch's."""
    return float((answers(path, asked) - module(*asked.values())).abs().max())
