"""Opens a folder that `patchlight export-model --format huggingface` wrote in transformers and compares every score.

    pip install torch torchvision transformers safetensors pillow
    python tests/check_hugging_face.py target/release/patchlight [WORK]

draws the quick demo, trains both stages on it with a student that starts from CLIP and with one that starts from an ImageNet
ViT (a tiny random one of the fixtures: this is about numbers, not about quality), exports each Stage 2 run, and computes the test
pictures' scores again from nothing but the folder, with transformers' image processor and model, as its README.md says.
`evaluate --scores` gives the program's own. Exits with 1 where a score differs by more than 1e-4.

The pictures are given to both as PNG: two JPEG decoders may differ by one in a pixel, which is not what is compared here.
"""

import csv
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from PIL import Image
from safetensors.torch import load_file
from transformers import CLIPImageProcessor, CLIPVisionModelWithProjection, ViTImageProcessor, ViTModel

TOLERANCE = 1e-4
PICTURES = 60
FIXTURES = Path(__file__).resolve().parent / "fixtures"


def patchlight(program, *arguments):
    """Runs a command; its events."""
    command = [program, "--device", "cpu", "--json", *map(str, arguments)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def theirs(folder, paths):
    """Global, local and fused scores, each [pictures, labels], from the exported folder alone."""
    config = json.loads((folder / "patchlight.json").read_text())
    tensors = load_file(folder / "model.safetensors")
    labels = load_file(folder / "labels.safetensors")
    pictures = [Image.open(path).convert("RGB") for path in paths]
    unit = torch.nn.functional.normalize
    vit = json.loads((folder / "config.json").read_text())["model_type"] == "vit"
    with torch.no_grad():
        if vit:
            processor = ViTImageProcessor.from_pretrained(folder)
            model = ViTModel.from_pretrained(folder, add_pooling_layer=False).eval()
            pixels = processor(images=pictures, return_tensors="pt")["pixel_values"]
            hidden = model(pixel_values=pixels).last_hidden_state
            whole = hidden[:, 0] @ tensors["visual_projection.weight"].T
        else:
            processor = CLIPImageProcessor.from_pretrained(folder)
            model = CLIPVisionModelWithProjection.from_pretrained(folder).eval()
            pixels = processor(images=pictures, return_tensors="pt")["pixel_values"]
            out = model(pixel_values=pixels)
            hidden = model.vision_model.post_layernorm(out.last_hidden_state)
            whole = out.image_embeds
        parts = unit(hidden[:, 1:] @ tensors["local_projection.weight"].T, dim=-1)
        of_whole = unit(whole, dim=-1) @ labels["text_global"].T
        similarity = parts @ labels["text_local"].T
        of_parts = similarity.topk(config["top_k"], dim=1).values.mean(dim=1)
    alpha = config["alpha"]
    return config["labels"], {"global": of_whole, "local": of_parts, "score": alpha * of_whole + (1 - alpha) * of_parts}


def as_png(program, project, work):
    """The test pictures as PNG files in a project of their own."""
    pictures, folder = project.parent / "pictures", work / "png"
    name = "instances_test.json"
    data = json.loads((pictures / "annotations" / name).read_text())
    (folder / "test").mkdir(parents=True)
    for image in data["images"]:
        png = str(Path(image["file_name"]).with_suffix(".png"))
        Image.open(pictures / "test" / image["file_name"]).convert("RGB").save(folder / "test" / png)
        image["file_name"] = png
    (folder / "annotations").mkdir()
    (folder / "annotations" / name).write_text(json.dumps(data))
    made = work / "png.patchlight"
    patchlight(program, "project", "new", made, "--data", folder, "--format", "coco")
    return made


def compare(program, project, run, png, work):
    """The largest difference of any score."""
    folder = work / f"hugging-face-{run}"
    patchlight(program, "export-model", project, "--run", run, "--format", "huggingface", "--out", folder)
    table = work / f"scores-{run}.csv"
    patchlight(program, "evaluate", project, "--run", run, "--on", png, "--split", "test", "--scores", table)
    ours = {}
    with open(table, newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            ours.setdefault(row["image"], {})[row["label"]] = row
    paths = list(ours)[:PICTURES]
    names, scores = theirs(folder, paths)
    worst = 0.0
    for kind, values in scores.items():
        expected = torch.tensor([[float(ours[p][name][kind]) for name in names] for p in paths])
        difference = (values - expected).abs().max().item()
        print(f"{run}, {kind}: {len(paths)} pictures, {len(names)} labels, largest difference {difference:.1e}")
        worst = max(worst, difference)
    return worst


def main():
    program = str(Path(sys.argv[1]).resolve())
    scratch = tempfile.TemporaryDirectory()
    work = Path(sys.argv[2] if len(sys.argv) > 2 else scratch.name).resolve()
    events = patchlight(program, "demo", "--quick", "--out", work / "demo", "--set", "max_steps=20")
    project = Path(events[-1]["project"])
    events = patchlight(program, "train", project, "--stage", "both", "--set", "max_steps=20",
                        "--set", "student_init=imagenet", "--set", f"student_path={FIXTURES / 'checkpoints' / 'vit'}",
                        "--set", "lr_encoder=1e-3", "--set", "lr_heads=1e-2")
    png = as_png(program, project, work)
    worst = max(compare(program, project, run, png, work) for run in ("run-2", events[-1]["run"]))
    print(f"largest difference {worst:.1e}, allowed {TOLERANCE:.0e}")
    sys.exit(0 if worst <= TOLERANCE else 1)


if __name__ == "__main__":
    main()
