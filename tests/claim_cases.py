"""Records that are made up so that a rule has to come to each of its verdicts.

By the rule's name: the verdict, the records, and what has to be in its sentence.
"""

from scripts.pages.claims.verdicts import CONFIRMED, NOT_DECIDED, REFINED, REFUTED


def fids(**values):
    return {name.replace("_", "-"): {"fid": fid} for name, fid in values.items()}


def best(with_100, accuracy=0.99):
    ten = {"calls": 10, "fid": 0.31, "accuracy": 0.9, "sampler": "ddim", "fid_spread": 0.01}
    hundred = {"calls": 100, "fid": with_100, "accuracy": accuracy, "sampler": "heun"}
    thousand = {"calls": 1000, "fid": 0.2, "accuracy": 0.99, "sampler": "ancestral"}
    return {"leaderboard": {"best": {"10": ten, "100": hundred, "1000": thousand}}}


def half_way(fid, recognised):
    rows = {"attention": {"fid": 2.0}}
    return {"half_way": {"fid": fid, "recognised": recognised}, "unconditional": {"rows": rows}}


def strides(cosine, linear, constant):
    table = {"cosine": cosine, "linear": linear, "constant": constant}
    rows = {f"{k}-{n}": {"fid": v[j]} for k, v in table.items() for j, n in enumerate((10, 25))}
    return {"strides": {"rows": rows}, "constant_strides": {"rows": rows}}


def without_noise(theirs, ours):
    rows = {}
    for name, accuracy in (("attention-class", theirs), ("digits", ours)):
        rows[f"{name}, ancestral"] = {"accuracy": 0.9, "spread": 0.2}
        rows[f"{name}, no-noise"] = {"accuracy": accuracy, "spread": 0.03}
    return {"randomness": {"no_noise": rows}}


def open_bits(ancestral, ddim):
    return {"randomness": {
        "ancestral": {"given_start": ancestral, "overall": 3.2},
        "ddim": {"given_start": ddim, "overall": 3.2},
    }}  # fmt: skip


def predicted(ancestral, ddim):
    # Of 900 starts, two standard deviations about one in ten are 2 percentage points.
    return {"randomness": {
        "ancestral": {"accuracy": ancestral, "commonest": 0.11},
        "ddim": {"accuracy": ddim, "commonest": 0.12},
        "held_out": 900,
    }}  # fmt: skip


def conditions(with_labels):
    rows = {"attention-class": {"fid": with_labels}, "attention": {"fid": 2.0}}
    return {"unconditional": {"rows": rows}}


def epochs(train, validation):
    before = {"train": 0.02, "validation_averaged": 0.02}
    after = {"train": train, "validation_averaged": validation}
    return {"training/attention": {"epochs": [before] * 5 + [after]}}


def trainings(*first):
    rows = {f"every-{seed}": {"loss": 0.05} for seed in (1, 2)}
    rows |= {f"first-{seed}": {"loss": loss} for seed, loss in zip((1, 2), first, strict=True)}
    return {"short_trainings": {"rows": rows}}


def ranges(unit, wide):
    return {"ablation": {"rows": fids(first=1.0, unit_range=unit, wide_range=wide)}}


def strengths(small, large):
    table = {"too small": small, "as usual": 0.5, "too large": large}
    return {"schedules": {"strengths": {name: {"fid": fid} for name, fid in table.items()}}}


def losses(with_labels, without):
    entries = {"attention-class": with_labels, "attention": without}
    return {
        f"training/{name}": {"float32": {"validation_averaged": loss}}
        for name, loss in entries.items()
    }


NONE = {"accuracy": 0.95, "precision": 0.8, "recall": 0.88, "diversity": 2.2, "fid": 0.2}


def own(accuracy, recall):
    strong = NONE | {"accuracy": accuracy, "precision": accuracy - 0.1}
    strong |= {"recall": recall, "diversity": 2.5 * recall}
    return {"resunet_scales": {"rows": {"1": NONE, "3": strong}}}


def traded(accuracy, recall, scale):
    strong = NONE | {"accuracy": accuracy, "recall": recall, "diversity": 1.5}
    best_fid = {"scale": scale, "omega": scale - 1}
    return {"guidance": {"rows": {"1": NONE, "3": strong}, "best_fid": best_fid}}


def alike(**strong):
    return {"guidance": {"rows": {"1": NONE, "7": NONE | {"fid": 0.6} | strong}}}


def larger(easy):
    large = {"400": 0.045, "600": 0.04}
    losses = {"resunet": {"400": 0.05, "600": 0.05 * (1 - easy)}, "resunet-large": large}
    return {"larger": {"losses": losses}}


def embeddings(loss, accuracy, trained=0.95):
    rows = {
        "resunet": {"loss": 0.03, "accuracy": trained},
        "resunet-frozen": {"loss": loss, "accuracy": accuracy},
    }
    logs = {f"training/{name}": {"float32": {"validation_averaged": 0.05}} for name in rows}
    return {"frozen": {"rows": rows}, **logs}


def unjudged(*losses):
    names = ("training/resunet-frozen", "training/resunet")
    logs = {
        name: {"float32": {"validation_averaged": loss}}
        for name, loss in zip(names, losses, strict=True)
    }
    return {"frozen": {"rows": {}}, **logs}


def variances(strided):
    table = {"beta_noise_25": strided, "ancestral_25": 0.2}
    return {"leaderboard": {"rows": fids(**table, beta_noise_100=0.18, ancestral_100=0.17)}}


def grains(*few):
    rows = {}
    for name, grain in zip(("ancestral", "beta-noise"), few, strict=True):
        rows |= {f"{name}-5": {"grain": grain}, f"{name}-20": {"grain": 0.01}}
    board = fids(ancestral_5=0.3, ancestral_20=0.1, beta_noise_5=9.0, beta_noise_20=0.4)
    return {"grain": {"rows": rows}, "leaderboard": {"rows": board}}


def blurs(little, much):
    rows = {t: {"blur": {"mse": mse}} for t, mse in (("250", little), ("750", much))}
    return {"ways": {"average": 0.06}, "ladder": {"rows": rows}}


def filled(*shares):
    rows = {
        t: {"one step": share, "blur": 0.2}
        for t, share in zip(("250", "500", "750"), shares, strict=True)
    }
    return {"ways": {"gaps": rows}}


def many(mse, fid):
    one = {"mse": 0.02, "fid": 3.0, "accuracy": 0.9}
    return {"ways": {"one_or_many": {
        "one step": one, "iterative": {"mse": mse, "fid": fid, "accuracy": 0.8},
    }}}  # fmt: skip


def persisting(slant):
    return {"ways": {"features": {
        "0.5": {"ink": 0.9, "slant": 0.9}, "0.9": {"ink": 0.6, "slant": slant},
    }}}  # fmt: skip


def drawings(after):
    rows = {"0": {"fid": 20.0}, "90": {"fid": after}, "100": {"fid": 0.7}}
    return {"editing_strength": {"rows": {"drawings": rows}}}


def pairs(half):
    views = {"flip_vertical": {"half": half, "of": 100, "off_diagonal": half / 100 - 0.02}}
    return {"anagrams": {"views": views}}


def designs(gaussian, other):
    rows = {"gaussian 1": gaussian, "gaussian 2": 0.02, "4 across": other}
    return {"hybrids": {"designs": {name: {"both": both} for name, both in rows.items()}}}


def denoiser(decibels, read):
    return {"denoising": {
        "denoised": [0] * 5 + [21.0] + [0] * 4 + [decibels],
        "denoised_read": [0] * 5 + [0.98] + [0] * 4 + [read],
    }}  # fmt: skip


def two_logs(time, class_):
    records = {"ways": {"epochs": {}}}
    for name, (loss, sure) in (("time", time), ("class", class_)):
        early, late = ({"validation_averaged": value} for value in (0.03, loss))
        records[f"training/{name}"] = {"epochs": [early] * 19 + [late]}
        records["ways"]["epochs"][name] = {"5": 0.8, "20": sure}
    return records


def two_models(class_, time):
    return {"quality": {"models": fids(**{"class": class_}, time=time)}}


def scales(fid, accuracy):
    """At 5, against no guidance with 0.3 and 97%."""
    none, strong = NONE | {"fid": 0.3, "accuracy": 0.97}, NONE | {"fid": fid, "accuracy": accuracy}
    starts = {"class-noise": strong}
    return {"unconditional": {"rows": {"class": none}}, "schedules": {"starts": starts}}


def flagship_scales(fid, accuracy):
    table = {"5": {"fid": fid, "accuracy": accuracy}, "7": {"fid": 0.77}}
    return {"guidance": {"rows": table, "best_fid": {"fid": 0.3, "accuracy": 0.97, "scale": 1.2}}}


CASES = {
    "training_time": [
        (CONFIRMED, {"times": {"rows": {"10": {"training": 100}, "40": {"training": 114}}}},
         ["100", "114", "10", "40"]),
        (REFUTED, {"times": {"rows": {"10": {"training": 116}, "40": {"training": 100}}}},
         ["100", "116", "10", "40"]),
    ],
    "sampling_time": [
        (CONFIRMED, {"times": {"per_step": {"least": 1.0, "most": 1.25}}}, ["1.00", "1.25"]),
        (REFUTED, {"times": {"per_step": {"least": 1.0, "most": 1.35}}}, ["1.00", "1.35"]),
    ],
    "fewer_steps": [
        (CONFIRMED, best(0.15), ["0.150", "100", "heun", "0.200", "0.010"]),
        (CONFIRMED, best(0.215), ["0.215", "0.200", "0.010"]),  # within two spreads
        (REFUTED, best(0.225), ["0.310", "0.200"]),
        (REFUTED, best(0.15, accuracy=0.98), ["0.310", "0.200"]),
    ],
    "start_half_way": [
        (CONFIRMED, half_way(2.1, 0.15), ["2.10", "2.00", "15%"]),
        (REFINED, half_way(2.1, 0.9), ["2.10", "90%"]),
        (REFUTED, half_way(2.3, 0.15), ["2.30", "15%"]),
    ],
    "cosine_fewer": [
        (CONFIRMED, strides((1.0, 1.0), (2.0, 1.1), (9, 9)), ["1.00", "2.00", "1.10"]),
        (REFINED, strides((1.0, 1.0), (2.0, 1.04), (9, 9)), ["2.00", "1.04"]),
        (REFUTED, strides((1.0, 1.0), (0.5, 1.04), (9, 9)), ["0.50", "1.04"]),
    ],
    "no_noise": [
        (CONFIRMED, without_noise(0.25, 0.7), ["25%", "70%", "90%", "0.0300", "0.2000"]),
        (REFINED, without_noise(0.1, 1.0), ["10%", "100%", "90%"]),
        (REFUTED, without_noise(0.85, 1.0), ["85%", "100%"]),
    ],
    "not_a_function": [
        (CONFIRMED, open_bits(3.0, 0.4), ["3.00", "3.20", "0.40"]),
        (REFINED, open_bits(3.0, 0.05), ["3.00", "3.20", "0.05"]),
        (REFUTED, open_bits(1.5, 0.05), ["1.50", "3.20", "0.05"]),
    ],
    "classify_start": [
        (CONFIRMED, predicted(0.125, 0.135), ["12.5%", "11.0%", "13.5%", "12.0%"]),
        (REFINED, predicted(0.125, 0.25), ["12.5%", "11.0%", "25.0%", "12.0%"]),
        (REFUTED, predicted(0.25, 0.25), ["25.0%", "11.0%", "25.0%", "12.0%"]),
    ],
    "conditional_better": [
        (CONFIRMED, conditions(1.5), ["1.50", "2.00"]),
        (NOT_DECIDED, conditions(1.9), ["1.90", "2.00", "too close"]),
        (REFUTED, conditions(2.5), ["2.50", "2.00"]),
    ],
    "not_converged": [
        (CONFIRMED, epochs(0.019, 0.0195), ["5.0%", "2.5%"]),
        (REFINED, epochs(0.019, 0.01999), ["5.0%", "0.0%"]),
        (REFUTED, epochs(0.021, 0.01999), ["-5.0%", "0.0%"]),
    ],
    "encodings_everywhere": [
        (CONFIRMED, trainings(0.06, 0.051), ["0.0500", "0.0600", "0.0510"]),
        (NOT_DECIDED, trainings(0.06, 0.049), ["0.0600", "0.0490"]),
        (REFUTED, trainings(0.04, 0.049), ["0.0400", "0.0490"]),
    ],
    "pixel_range": [
        (CONFIRMED, ranges(1.5, 1.2), ["1.00", "1.50", "1.20"]),
        (REFINED, ranges(1.5, 1.05), ["1.50", "1.05"]),
        (REFUTED, ranges(1.5, 0.8), ["1.50", "0.80"]),
    ],
    "small_beta": [
        (CONFIRMED, strides((9, 9), (1.0, 1.0), (2.0, 1.1)), ["1.00", "2.00", "1.10"]),
        (REFINED, strides((9, 9), (1.0, 1.0), (2.0, 1.0)), ["2.00"]),
        (REFUTED, strides((9, 9), (1.0, 1.0), (0.7, 1.0)), ["0.70"]),
    ],
    "betas": [
        (CONFIRMED, strengths(9.0, 1.1), ["9.00", "0.50", "1.10"]),
        (REFINED, strengths(9.0, 0.9), ["9.00", "0.50", "0.90"]),
        (REFUTED, strengths(0.8, 0.9), ["0.80", "0.50", "0.90"]),
    ],
    "conditional_loss": [
        (CONFIRMED, losses(0.019, 0.02), ["0.0190", "0.0200"]),
        (REFUTED, losses(0.017, 0.02), ["0.0170", "0.0200"]),
        (REFUTED, losses(0.023, 0.02), ["0.0230", "0.0200"]),
    ],
    "guidance_own": [
        (CONFIRMED, own(0.99, 0.7), ["95.0%", "99.0%", "88.0%", "70.0%"]),
        (REFINED, own(0.99, 0.9), ["99.0%", "90.0%"]),
        (REFUTED, own(0.9, 0.9), ["95.0%", "90.0%"]),
    ],
    "guidance_trade": [
        (CONFIRMED, traded(0.99, 0.7, scale=4.0), ["95.0%", "99.0%", "0.88", "0.70", "3.0"]),
        (REFINED, traded(0.99, 0.7, scale=1.2), ["95.0%", "99.0%", "0.88", "0.70", "0.2"]),
        (REFUTED, traded(0.94, 0.7, scale=1.2), ["95.0%", "94.0%"]),
        (REFUTED, traded(0.99, 0.9, scale=1.2), ["0.88", "0.90"]),
    ],
    "larger_model": [
        (CONFIRMED, larger(0.01), ["1.0%", "20.0%", "10.0%"]),
        (REFINED, larger(0.05), ["5.0%", "20.0%"]),
        (REFUTED, larger(0.15), ["15.0%", "20.0%"]),
    ],
    "frozen": [
        (CONFIRMED, embeddings(0.0302, 0.945), ["0.0302", "0.0300", "94.5%", "95.0%"]),
        (REFUTED, embeddings(0.034, 0.945), ["0.0340", "0.0300"]),
        (REFUTED, embeddings(0.0302, 0.8), ["80.0%"]),
        (REFINED, embeddings(0.028, 0.97), ["0.0280", "97.0%"]),
        (NOT_DECIDED, embeddings(0.0302, 0.945, trained=0.5), ["50.0%", "not learned"]),
        (NOT_DECIDED, unjudged(0.0521, 0.0518), ["0.0521", "0.0518", "not judged"]),
    ],
    "sigma": [
        (CONFIRMED, variances(0.24), ["0.24", "0.20", "0.18", "0.17"]),
        (REFINED, variances(0.34), ["0.34", "0.20", "0.18", "0.17"]),
    ],
    "few_steps_grainy": [
        (CONFIRMED, grains(0.03, 0.05), ["0.0300", "0.0500", "0.0100", "9.00", "0.40"]),
        (REFINED, grains(0.015, 0.05), ["0.0150", "0.0500"]),
        (REFUTED, grains(0.015, 0.01), ["0.0150"]),
    ],
    "blur_little_much": [
        (CONFIRMED, blurs(0.01, 0.07), ["0.010", "0.070", "0.060"]),
        (REFINED, blurs(0.01, 0.05), ["0.010", "0.050", "0.060"]),
        (REFUTED, blurs(0.04, 0.05), ["0.040", "0.050", "0.060"]),
    ],
    "one_step_gaps": [
        (CONFIRMED, filled(0.6, 0.7, 0.8), ["60%", "70%", "80%", "20%"]),
        (REFINED, filled(0.1, 0.4, 0.8), ["10%", "40%", "80%"]),
        (REFUTED, filled(0.1, 0.2, 0.3), ["10%", "20%", "30%"]),
    ],
    "iterative_better": [
        (CONFIRMED, many(0.01, 1.0), ["0.0100", "0.0200", "1.00", "3.00", "80.0%", "90.0%"]),
        (REFINED, many(0.03, 1.0), ["0.0300", "1.00"]),
        (REFUTED, many(0.03, 4.0), ["0.0300", "4.00"]),
    ],
    "guidance_alike": [
        (CONFIRMED, alike(accuracy=0.99, precision=0.9, recall=0.3, diversity=1.0),
         ["95.0%", "99.0%", "80.0%", "90.0%", "88.0%", "30.0%", "0.20", "0.60"]),
        (REFINED, alike(accuracy=0.99, precision=0.7, recall=0.3, diversity=1.0), ["70.0%"]),
        (REFUTED, alike(accuracy=0.9, precision=0.7, recall=0.9, diversity=3.0), ["90.0%"]),
    ],
    "sdedit_features": [
        (CONFIRMED, persisting(0.35), ["0.9", "0.60", "0.35"]),
        (REFUTED, persisting(0.45), ["0.9", "0.60", "0.45"]),
    ],
    "sdedit_prior": [
        (CONFIRMED, drawings(1.5), ["20.0", "1.5", "0.7"]),
        (REFUTED, drawings(2.5), ["20.0", "2.5", "0.7"]),
    ],
    "anagrams_work": [
        (CONFIRMED, pairs(92), ["92 of 100", "90%"]),
        (REFINED, pairs(56), ["56 of 100", "54%"]),
        (REFUTED, pairs(9), ["9 of 100", "7%"]),
    ],
    "hybrids_work": [
        (CONFIRMED, designs(0.6, 0.9), ["60%", "gaussian 1", "90%"]),
        (REFINED, designs(0.2, 0.9), ["20%", "90%"]),
        (REFUTED, designs(0.2, 0.4), ["20%", "40%"]),
    ],
    "one_level": [
        (CONFIRMED, denoiser(19.0, 0.95), ["21.0", "19.0", "98.0%", "95.0%"]),
        (REFINED, denoiser(14.0, 0.95), ["14.0", "95.0%"]),
        (REFINED, denoiser(19.0, 0.7), ["19.0", "70.0%"]),
        (REFUTED, denoiser(14.0, 0.3), ["14.0", "30.0%"]),
    ],
    "epochs_20": [
        (CONFIRMED, two_logs((0.02, 0.9), (0.025, 0.95)), ["0.0300", "0.0200", "80%", "95%"]),
        (REFINED, two_logs((0.02, 0.9), (0.025, 0.7)), ["70%"]),
        (REFUTED, two_logs((0.04, 0.9), (0.025, 0.7)), ["0.0400"]),
    ],
    "class_better": [
        (CONFIRMED, two_models(0.5, 2.0), ["0.50", "2.00"]),
        (REFINED, two_models(1.5, 2.0), ["1.50", "2.00"]),
        (REFUTED, two_models(2.5, 2.0), ["2.50", "2.00"]),
    ],
    "large_scales": [
        (CONFIRMED, scales(0.5, 0.99), ["0.50", "0.30", "99.0%", "97.0%", "88.0%"]),
        (REFINED, scales(0.7, 0.99), ["0.70", "0.30", "99.0%", "97.0%"]),
        (REFUTED, scales(0.7, 0.96), ["0.70", "0.30", "96.0%", "97.0%"]),
    ],
    "large_scales_flagship": [
        (CONFIRMED, flagship_scales(0.5, 0.99), ["0.50", "0.77", "0.30", "1.2", "99.0%", "97.0%"]),
        (REFINED, flagship_scales(0.7, 0.99), ["0.70", "0.77", "0.30", "1.2", "99.0%", "97.0%"]),
        (REFUTED, flagship_scales(0.7, 0.96), ["0.70", "0.77", "0.30", "1.2", "96.0%", "97.0%"]),
    ],
    "last_noise": [
        (CONFIRMED, {"slips": {"predicts": {"9": {"all": 0.1, "last": 0.9}}}}, ["0.10", "0.90"]),
        (REFUTED, {"slips": {"predicts": {"9": {"all": 0.9, "last": 0.1}}}}, ["0.90", "0.10"]),
    ],
    "bayes_net": [
        (CONFIRMED, {"warmup": {"queries": {"-t,-s given -m,-b": {
            "exact": 0.144, "sampled": 0.143, "error": 0.002}}}}, ["0.14", "0.143"]),
        (REFUTED, {"warmup": {"queries": {"-t,-s given -m,-b": {
            "exact": 0.54, "sampled": 0.541, "error": 0.002}}}}, ["0.54", "0.541"]),
    ],
    "variance": [
        (CONFIRMED, {"slips": {"amplitude": {"measured": 0.15, "root": 0.38, "printed": 0.14}}},
         ["0.1500", "0.3800", "0.1400"]),
        (REFUTED, {"slips": {"amplitude": {"measured": 0.37, "root": 0.38, "printed": 0.14}}},
         ["0.3700", "0.3800", "0.1400"]),
    ],
    "printed_update": [
        (CONFIRMED, {"slips": {"update": {"right": {"psnr": 15.0, "recognised": 0.8},
                                          "printed": {"psnr": 14.5, "recognised": 0.7}}}},
         ["15.0", "14.5", "80%", "70%"]),
        (REFUTED, {"slips": {"update": {"right": {"psnr": 15.0, "recognised": 0.8},
                                        "printed": {"psnr": 9.5, "recognised": 0.1}}}},
         ["15.0", "9.5", "80%", "10%"]),
    ],
    "uniform_noise": [
        (CONFIRMED, {"slips": {"kinds": {"normal": 22.0, "uniform": 21.5}}}, ["22.0", "21.5"]),
        (REFUTED, {"slips": {"kinds": {"normal": 22.0, "uniform": 12.0}}}, ["22.0", "12.0"]),
    ],
    "start_index": [
        (CONFIRMED, {"slips": {"start": {"time": 10}}}, ["t = 10"]),
        (REFUTED, {"slips": {"start": {"time": 690}}}, ["t = 690"]),
    ],
    "no_image": [
        (CONFIRMED, {"slips": {"input": {"image": 21.0, "noise": 20.5}}}, ["21.0", "20.5"]),
        (REFUTED, {"slips": {"input": {"image": 21.0, "noise": 10.0}}}, ["21.0", "10.0"]),
    ],
}  # fmt: skip
