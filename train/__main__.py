"""Command line: `python -m train digits | strings | evaluate | export | evaluate-strings | examples | guide`."""

from __future__ import annotations

import argparse
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from recognizer.checkpoint import INT8, STRINGS, load_checkpoint
from recognizer.errors import RecognizerError
from train.errors import RunError
from train.quiet import import_keras_quietly as _import_keras_quietly
from train.run import CONFIG, LEARNING_RATES, NETWORKS, Config, kind_of, load_config, read_description, seed_of

QUICK = {"limit": 19_000, "validation": 1_000, "epochs": 3, "batch_size": 64}
"""About two minutes on two cores."""
QUICK_STRINGS = {"limit": 19_000, "validation": 1_000, "validation_lines": 256, "steps": 400, "epoch_steps": 100}
"""About two minutes on two cores."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run one subcommand; returns the exit code."""
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    arguments = list(sys.argv[1:] if argv is None else argv)
    if arguments[:1] == ["examples"]:
        from train import examples

        return examples.main(arguments[1:])
    if arguments[:1] == ["guide"]:
        from train import guide

        return guide.main(arguments[1:])
    if arguments[:1] == ["evaluate-strings"]:
        from train import evaluate_strings

        return evaluate_strings.main(arguments[1:])
    options = _parser().parse_args(arguments)
    try:
        result: int = options.command(options)
    except RecognizerError as error:
        print(f"python -m train: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        print(
            f"python -m train: the package {error.name} is missing: "
            'install the training extra with `python -m pip install -e ".[train]"`.',
            file=sys.stderr,
        )
        return 1
    except KeyboardInterrupt:
        run = getattr(options, "run_folder", None)
        hint = f" Go on with: python -m train {options.name} --resume {run}" if run else ""
        print(f"\nInterrupted; the last whole epoch is kept.{hint}" if run else "\nInterrupted.", file=sys.stderr)
        return 130
    return result


def _digits(options: argparse.Namespace) -> int:
    if options.resume:
        run = options.resume
        config, _ = load_config(run)
        if options.epochs is not None:
            config = replace(config, epochs=options.epochs)
    else:
        run = options.run or Path("runs") / datetime.now().strftime("%Y%m%d-%H%M%S")
        config = _config(options)
    options.run_folder = run
    if config.limit is not None:
        print("This is a rehearsal: few digits, few epochs. Its weights are not for use.")

    _import_keras_quietly()
    from train.run import train

    metrics = train(config, run, resume=bool(options.resume))
    part = metrics["validation"]
    low, high = part["interval"]
    data = f" --data {config.data}" if config.data else ""
    print(
        f"\nValidation accuracy {part['accuracy']:.2%} (95 % interval {low:.2%} to {high:.2%}, {part['n']} digits), "
        f"expected calibration error {part['ece']:.2%}.\n"
        f"Run folder: {run} (best.keras, last.keras, history.csv, metrics.json, curves.png)\n"
        f"Evaluate:   python -m train evaluate {run}{data}\n"
        f"Export:     python -m train export {run}"
    )
    if config.limit is not None:
        print("This was a rehearsal: leave --quick out for weights to use.")
    return 0


def _config(options: argparse.Namespace) -> Config:
    quick = QUICK if options.quick else {}
    batch_size = options.batch_size or quick.get("batch_size", 256)
    return Config(
        **_training_options(options),
        model=options.model,
        epochs=options.epochs or quick.get("epochs", 20),
        batch_size=batch_size,
        optimizer=options.optimizer,
        learning_rate=options.learning_rate or LEARNING_RATES[options.optimizer],
        label_smoothing=options.label_smoothing,
        ema=options.ema,
        schedule=options.schedule or ("cosine" if options.quick else "plateau"),
        patience=options.patience,
        augment=not options.no_augmentation,
        validation=options.validation or quick.get("validation", 6000),
        limit=quick.get("limit"),
        non_digits=options.non_digits,
    )


def _training_options(options: argparse.Namespace) -> dict[str, Any]:
    """Of `train.run.RunConfig`, what the command line says and --quick does not change."""
    files = {name: _path(getattr(options, name)) for name in ("data", "pen_strokes", "optdigits", "init")}
    seed = options.seed if options.seed is not None else seed_of(options.init, options.name)
    return {**files, "seed": seed, "precision": options.precision}


def _strings(options: argparse.Namespace) -> int:
    _import_keras_quietly()
    from train.strings import StringsConfig, load_strings_config, train_strings

    if options.resume:
        run = options.resume
        config, _ = load_strings_config(run)
        if options.steps is not None:
            config = replace(config, steps=options.steps)
    else:
        run = options.run or Path("runs") / datetime.now().strftime("strings-%Y%m%d-%H%M%S")
        own = {name: getattr(options, name) for name in ("steps", "epoch_steps", "validation", "learning_rate")}
        config = StringsConfig(
            batch_size=options.batch_size,
            corrections=_path(options.corrections),
            **_training_options(options)
            | (QUICK_STRINGS if options.quick else {})
            | {name: value for name, value in own.items() if value is not None},
        )
    options.run_folder = run
    if config.limit is not None:
        print("This is a rehearsal: few digits, few steps. Its weights are not for use.")

    metrics = train_strings(config, run, resume=bool(options.resume), workers=options.workers)
    print(
        f"\n{_lines_report(metrics)}\n"
        f"Run folder: {run} (best.keras, last.keras, history.csv, metrics.json, curves.png)\n"
        f"Export:     python -m train export {run}"
    )
    if config.limit is not None:
        print("This was a rehearsal: leave --quick out for weights to use.")
    return 0


def _lines_report(metrics: dict[str, Any]) -> str:
    part = metrics["validation"]
    low, high = part["interval"]
    return (
        f"Validation: {part['accuracy']:.2%} of the lines right (95 % interval {low:.2%} to {high:.2%}, {part['n']} lines), "
        f"{part['cer']:.2%} of the characters wrong."
    )


def _is_strings_run(folder: Path) -> bool:
    return (folder / CONFIG).is_file() and kind_of(read_description(folder)) == STRINGS


def _evaluate(options: argparse.Namespace) -> int:
    _import_keras_quietly()
    if _is_strings_run(options.folder):
        from train.strings import evaluate_run

        if options.transfer:
            raise RunError(f"{options.folder} is a run of the line network: --transfer is for digit networks.")
        print(f"{_lines_report(evaluate_run(options.folder, options.data))}\nSaved metrics.json in {options.folder}")
        return 0
    from train.evaluate import evaluate_folder, report

    metrics, saved_in = evaluate_folder(
        options.folder, options.data, test=not options.no_test, transfer=options.transfer
    )
    print(f"{report(metrics)}\nSaved metrics.json and plots in {saved_in}")
    return 0


def _average(options: argparse.Namespace) -> int:
    _import_keras_quietly()
    from train.strings import average_runs

    metrics = average_runs(options.runs, options.run)
    print(f"{_lines_report(metrics)}\nRun folder: {options.run}\nExport:     python -m train export {options.run}")
    return 0


def _export(options: argparse.Namespace) -> int:
    _import_keras_quietly()
    from train.export_again import export_again, is_checkpoint

    if is_checkpoint(options.run):
        if options.manifest_only:
            raise RunError(f"{options.run} is a checkpoint: --manifest-only is for runs.")
        if options.second:
            raise RunError(f"{options.run} is a checkpoint: --second is for runs of the line network.")
        for manifest in export_again(options.run, options.to):
            _say_exported(manifest)
        return 0
    if _is_strings_run(options.run):
        from train.export_strings import export_strings_run

        manifest = export_strings_run(
            options.run, options.to, manifest_only=options.manifest_only, second=options.second
        )
    elif options.second:
        raise RunError(f"{options.run} is no run of the line network: --second is for those.")
    else:
        from train.export import export_run

        manifest = export_run(options.run, options.to, manifest_only=options.manifest_only)
    if options.manifest_only:
        print(f"Wrote {manifest}.")
    else:
        _say_exported(manifest)
    return 0


def _say_exported(manifest: Path) -> None:
    print(f"Wrote {manifest}, the weights and their ONNX twins beside it.")
    if not load_checkpoint(manifest.parent, manifest.stem).served_path.name.endswith(INT8):
        print("In 8-bit integers the network would answer otherwise: it will be served in floating point, more slowly.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m train", description="Train, evaluate and export the networks that the reader uses."
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")

    digits = commands.add_parser(
        "digits",
        help="train the digit network",
        description="Train the digit network. Interrupted at any moment, it loses at most one epoch: see --resume.",
    )
    data, how, _ = _add_training_options(
        digits, validation="size of the validation part, taken from the train part", resumed="only --epochs counts"
    )
    data.add_argument(
        "--non-digits",
        type=_share,
        default=0.2,
        metavar="SHARE",
        help="of what the network is shown that is no digit, made up; 0 leaves the class out (default: 0.2)",
    )
    data.add_argument("--no-augmentation", action="store_true", help="train on the images as they are")
    how.add_argument(
        "--model",
        choices=NETWORKS,
        default=NETWORKS[0],
        help="the published network, or a residual one of a fifth of its parameters (default: seed)",
    )
    how.add_argument("--epochs", type=_positive_int, metavar="N", help="passes over the data (default: 20; --quick: 3)")
    how.add_argument("--batch-size", type=_positive_int, metavar="N", help="digits a step (default: 256; --quick: 64)")
    how.add_argument(
        "--optimizer", choices=tuple(LEARNING_RATES), default="adam", help="how the weights are moved (default: adam)"
    )
    rates = ", ".join(f"{name} {rate:g}" for name, rate in LEARNING_RATES.items())
    how.add_argument("--learning-rate", type=_positive, metavar="RATE", help=f"the first epoch's (default: {rates})")
    how.add_argument(
        "--schedule",
        choices=("plateau", "cosine"),
        help="how the rate falls: to a third after 2 epochs without progress, or along a cosine (default: plateau; "
        "--quick: cosine)",
    )
    how.add_argument(
        "--label-smoothing",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help="of each label, for the others (default: 0)",
    )
    how.add_argument(
        "--ema",
        type=_share,
        default=0.0,
        metavar="MOMENTUM",
        help="keep the moving average of the weights, over about 1 / (1 - MOMENTUM) steps (default: 0, none)",
    )
    how.add_argument(
        "--patience",
        type=_positive_int,
        default=6,
        metavar="N",
        help="epochs without progress to stop after (default: 6)",
    )
    digits.set_defaults(command=_digits, name="digits")
    _add_strings(commands)

    evaluate = commands.add_parser(
        "evaluate",
        help="measure a run or a checkpoint",
        description="Measure the best weights of a run, or a checkpoint, on the validation and the test part: accuracy with "
        "its 95 % interval, by class, confusion matrix, calibration. Saves metrics.json and plots in a run; "
        "of a checkpoint, in runs/evaluation. A run of the line network is measured on new lines of its validation digits.",
    )
    evaluate.add_argument("folder", type=Path, help="run folder, or folder of a checkpoint")
    evaluate.add_argument(
        "--data", type=Path, metavar="NPZ", help="as for training (default: what the run was trained on)"
    )
    evaluate.add_argument("--no-test", action="store_true", help="only the validation part")
    evaluate.add_argument(
        "--transfer",
        type=Path,
        metavar="FOLDER",
        help="also on other collections that nothing was fitted on: a folder with any of mnist.npz, usps.npz, optdigits.npz",
    )
    evaluate.set_defaults(command=_evaluate)

    export = commands.add_parser(
        "export",
        help="make a checkpoint of a run",
        description="Write a run's best weights, their ONNX twins (as they are, and in 8-bit integers) and the manifest, all "
        "or nothing.",
    )
    export.add_argument("run", type=Path, help="run folder, evaluated before; or a checkpoint of an earlier version")
    export.add_argument("--to", type=Path, metavar="FOLDER", default=Path("checkpoints"), help="default: checkpoints")
    export.add_argument(
        "--manifest-only",
        action="store_true",
        help="write only the manifest anew, of weights that were exported before",
    )
    export.add_argument(
        "--second",
        action="store_true",
        help="a run of the line network: as the second one, which is asked where a reading is in doubt",
    )
    export.set_defaults(command=_export)

    commands.add_parser(
        "evaluate-strings", help="score the reader on folders of labelled pictures of numbers", add_help=False
    )
    average = commands.add_parser(
        "average",
        help="average the weights of line networks that were trained one after the other",
        description="Make a run of the mean of other runs' weights, each of which began with the weights of the one before.",
    )
    average.add_argument("runs", type=Path, nargs="+", metavar="RUN", help="run folders, in their order; at least two")
    average.add_argument("--run", type=Path, required=True, metavar="FOLDER", help="the run folder to make")
    average.set_defaults(command=_average)
    commands.add_parser("examples", help="write the example and the golden pictures again", add_help=False)
    commands.add_parser("guide", help="write the pictures of the page's guide again", add_help=False)
    return parser


def _add_training_options(command: argparse.ArgumentParser, *, validation: str, resumed: str) -> tuple[Any, Any, Any]:
    """Add what the training of either network takes.

    Args:
        command: the subcommand.
        validation: help of --validation.
        resumed: which of the other options count with --resume.

    Returns:
        The groups "data", "training" and "run", for what only the one network takes.
    """
    data = command.add_argument_group("data")
    data.add_argument(
        "--data",
        type=Path,
        metavar="NPZ",
        help="file with images, labels and the test flag (default: the official EMNIST digits, downloaded once)",
    )
    data.add_argument("--pen-strokes", type=Path, metavar="FILE", help="further digits: pen strokes, .jsonl.gz")
    data.add_argument("--optdigits", type=Path, metavar="NPZ", help="further digits: the optdigits originals")
    data.add_argument(
        "--validation", type=_positive_int, metavar="N", help=f"{validation} (default: 6000; with --quick 1000)"
    )
    how = command.add_argument_group("training")
    how.add_argument(
        "--init", type=Path, metavar="PATH", help="start from the weights of a run, a checkpoint or a .keras file"
    )
    how.add_argument("--seed", type=_natural, metavar="N", help="of everything random (default: that of --init, or 1)")
    how.add_argument(
        "--precision",
        choices=("auto", "float32", "mixed_float16", "mixed_bfloat16"),
        default="auto",
        help="default: mixed_float16 on a GPU, float32 elsewhere; mixed_bfloat16 is faster on a processor that has it",
    )
    run = command.add_argument_group("run")
    run.add_argument(
        "--run", "--out", type=Path, metavar="FOLDER", help="where everything is saved (default: runs/ and the time)"
    )
    run.add_argument(
        "--resume", type=Path, metavar="RUN", help=f"go on with a run; of the other options {resumed} then"
    )
    run.add_argument(
        "--quick", action="store_true", help="rehearse: about two minutes on two cores, weights not for use"
    )
    return data, how, run


def _add_strings(commands: Any) -> None:
    strings = commands.add_parser(
        "strings",
        help="train the line network",
        description="Train the network that reads whole lines, on lines written from single digits. Interrupted at any "
        "moment, it loses at most one epoch: see --resume.",
    )
    data, how, run = _add_training_options(
        strings,
        validation="digits held out, of which the validation lines are written",
        resumed="only --steps and --workers count",
    )
    data.add_argument(
        "--corrections",
        type=Path,
        metavar="FOLDER",
        help="pictures with a labels.csv (file,text), such as `python app.py --keep-corrections FOLDER` keeps: a tenth of "
        "the training lines are cut from them",
    )
    how.add_argument("--steps", type=_positive_int, metavar="N", help="batches in all (default: 16000; --quick: 400)")
    how.add_argument(
        "--epoch-steps",
        type=_positive_int,
        metavar="N",
        help="batches after which all is validated and saved (default: 500; --quick: 100)",
    )
    how.add_argument("--batch-size", type=_positive_int, default=64, metavar="N", help="lines a step (default: 64)")
    how.add_argument("--learning-rate", type=_positive, metavar="RATE", help="the highest one (default: 0.002)")
    run.add_argument("--workers", type=_natural, default=1, metavar="N", help="processes that write lines (default: 1)")
    strings.set_defaults(command=_strings, name="strings")


def _path(path: Path | None) -> str | None:
    return None if path is None else str(path.resolve())  # so that a run resumes from any folder


def _number(text: str, kind: type[int] | type[float], low: float, *, above: bool = False) -> float:
    """A number of a command line, at least (or above) `low`."""
    try:
        value = kind(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or value < low or (value == low and above):
        what = "a whole number" if kind is int else "a number"
        raise argparse.ArgumentTypeError(f"must be {what} {'above' if above else 'of at least'} {low:g}, not {text!r}")
    return value


def _positive_int(text: str) -> int:
    return int(_number(text, int, 1))


def _natural(text: str) -> int:
    return int(_number(text, int, 0))


def _positive(text: str) -> float:
    return _number(text, float, 0, above=True)


def _share(text: str) -> float:
    if (value := _number(text, float, 0)) >= 1:
        raise argparse.ArgumentTypeError(f"must be below 1, not {text!r}")
    return value


if __name__ == "__main__":
    raise SystemExit(main())
