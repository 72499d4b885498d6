"""Reads a run of `lexigrad train --tensorboard` with TensorBoard itself, and compares it with the run's log.

usage: python tests/train/tensorboard/read_events.py RUN   (pip install tensorboard)
"""
import json
import os
import sys

from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.projector import projector_config_pb2
from google.protobuf import text_format


def scalars(events, tag):
    """Step -> value; what was written as simple_value, TensorBoard gives as a scalar or as a tensor."""
    if tag in events.Tags()["scalars"]:
        return {e.step: e.value for e in events.Scalars(tag)}
    return {e.step: e.tensor_proto.float_val[0] for e in events.Tensors(tag)}


def main(run):
    events = EventAccumulator(run, size_guidance={"scalars": 0, "histograms": 0, "tensors": 0})
    events.Reload()
    with open(os.path.join(run, "log.jsonl")) as file:
        log = [json.loads(line) for line in file]
    names = {"loss/training": "loss", "loss/held_out": "validation", "learning_rate": "lr"}
    for tag, key in names.items():
        found = scalars(events, tag)
        wanted = {line["step"]: line[key] for line in log if key in line}
        assert found.keys() == wanted.keys(), tag
        assert all(abs(found[step] - wanted[step]) <= 1e-6 * abs(wanted[step]) for step in wanted), tag
        print(f"{tag}: {len(found)} values, as in the log")
    for tag in sorted({name for line in log for name in line.get("measured", {})}):
        assert scalars(events, tag), tag
        print(f"{tag}: {len(scalars(events, tag))} values")
    for tag in events.Tags()["histograms"]:
        last = events.Histograms(tag)[-1].histogram_value
        assert sum(last.bucket) == last.num, tag
        print(f"{tag}: {len(events.Histograms(tag))} histograms, the last of {last.num:.0f} values")
    config = projector_config_pb2.ProjectorConfig()
    with open(os.path.join(run, "projector_config.pbtxt")) as file:
        text_format.Parse(file.read(), config)
    with open(os.path.join(run, config.embeddings[0].tensor_path)) as file:
        rows = len(file.readlines())
    with open(os.path.join(run, config.embeddings[0].metadata_path)) as file:
        assert rows == len(file.readlines())
    print(f"projector: {rows} vectors with their words")


main(sys.argv[1])
