#!/usr/bin/env python3
"""Writes src/local-aws/sagemaker/model.json: the constraints of the requests that the local AWS endpoint answers.

Source: the SageMaker service model inside the PyPI package botocore (Apache-2.0, see NOTICE). Only the shapes that are
reachable from the inputs of OPERATIONS are kept, without documentation.

    python3 scripts/generate-sagemaker-model.py            # the version below, fetched with pip
    python3 scripts/generate-sagemaker-model.py 1.44.5     # another version
"""

import gzip
import json
import pathlib
import subprocess
import sys
import tempfile
import zipfile

BOTOCORE = "1.43.107"
SERVICE = "botocore/data/sagemaker/2017-07-24/service-2.json.gz"
OPERATIONS = [
    "AddTags",
    "CreateTrainingJob",
    "DeleteTags",
    "DeleteTrainingJob",
    "DescribeTrainingJob",
    "ListTags",
    "ListTrainingJobs",
    "StopTrainingJob",
]
TARGET = pathlib.Path(__file__).parent.parent / "src/local-aws/sagemaker/model.json"


def read_service(version):
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(
            [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "-d", directory, f"botocore=={version}"], check=True
        )
        wheel = next(pathlib.Path(directory).glob("botocore-*.whl"))
        with zipfile.ZipFile(wheel) as archive:
            return json.loads(gzip.decompress(archive.read(SERVICE)))


def compact(shape):
    kept = {key: shape[key] for key in ("type", "required", "enum", "pattern", "min", "max") if key in shape}
    if "members" in shape:
        kept["members"] = {name: member["shape"] for name, member in shape["members"].items()}
    if "member" in shape:
        kept["member"] = shape["member"]["shape"]
    if "key" in shape:
        kept["key"], kept["value"] = shape["key"]["shape"], shape["value"]["shape"]
    return kept


def main():
    version = sys.argv[1] if len(sys.argv) > 1 else BOTOCORE
    service = read_service(version)
    inputs = {name: service["operations"][name]["input"]["shape"] for name in OPERATIONS}
    shapes, waiting = {}, list(inputs.values())
    while waiting:
        name = waiting.pop()
        if name in shapes:
            continue
        shape = shapes[name] = compact(service["shapes"][name])
        waiting += [*shape.get("members", {}).values(), *(shape[key] for key in ("member", "key", "value") if key in shape)]
    lines = [f"    {json.dumps(name)}: {json.dumps(shapes[name])}" for name in sorted(shapes)]
    TARGET.write_text(
        "{\n"
        f'  "source": "botocore {version} {SERVICE}",\n'
        f'  "operations": {json.dumps(inputs)},\n'
        '  "shapes": {\n' + ",\n".join(lines) + "\n  }\n}\n"
    )
    print(f"{TARGET}: {len(inputs)} operations, {len(shapes)} shapes from botocore {version}")


main()
