"""The log-probabilities of given texts under a Llama model, computed directly from its files: what servers are held against.

    python forward.py FOLDER < texts.json > scores.json

Reads a list of texts, writes for each {"tokens": ids, "logProbabilities": [null, ..]}, the first where nothing stands
before it; the tokenizer adds what it adds. {"text", "maxTokens"} in place of a text also decodes that greedily:
"continuation": ids up to the end token or the limit, the end token included.
Float64 throughout, no cache, no framework: RMS norm (Zhang and Sennrich 2019, eq. 4), rotary positions (Su et al. 2021,
eq. 34, halves as Hugging Face pairs them), grouped queries (Ainslie et al. 2023), SwiGLU (Shazeer 2020, eq. 6).
"""

import json
import os
import sys

import numpy
from safetensors.numpy import load_file
from tokenizers import Tokenizer


def norm(x, gain, epsilon):
    return x / numpy.sqrt(numpy.mean(x * x, -1, keepdims=True) + epsilon) * gain


def rotate(x, theta):
    """x: positions, heads, dimensions of a head."""
    half = x.shape[-1] // 2
    angle = numpy.arange(len(x))[:, None] * theta ** (-numpy.arange(half) / half)
    cos, sin = numpy.cos(angle)[:, None], numpy.sin(angle)[:, None]
    low, high = x[..., :half], x[..., half:]
    return numpy.concatenate([low * cos - high * sin, high * cos + low * sin], -1)


def attend(x, weights, at, config):
    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    project = lambda name, count: (x @ weights[f"{at}self_attn.{name}_proj.weight"].T).reshape(len(x), count, -1)
    q, k = (rotate(project(name, count), config["rope_theta"]) for name, count in (("q", heads), ("k", groups)))
    k, v = (numpy.repeat(each, heads // groups, 1) for each in (k, project("v", groups)))
    scores = numpy.einsum("qhd,khd->hqk", q, k) / q.shape[-1] ** 0.5
    scores = numpy.where(numpy.tri(len(x), dtype=bool), scores, -numpy.inf)
    shares = numpy.exp(scores - scores.max(-1, keepdims=True))
    shares /= shares.sum(-1, keepdims=True)
    mixed = numpy.einsum("hqk,khd->qhd", shares, v).reshape(len(x), -1)
    return mixed @ weights[f"{at}self_attn.o_proj.weight"].T


def feed(x, weights, at):
    gate, up, down = (weights[f"{at}mlp.{name}_proj.weight"].T for name in ("gate", "up", "down"))
    g = x @ gate
    return (g / (1 + numpy.exp(-g)) * (x @ up)) @ down


def forward(ids, weights, config):
    """ln p of every token of the vocabulary after each position."""
    epsilon = config["rms_norm_eps"]
    x = weights["model.embed_tokens.weight"][ids]
    for layer in range(config["num_hidden_layers"]):
        at = f"model.layers.{layer}."
        x = x + attend(norm(x, weights[f"{at}input_layernorm.weight"], epsilon), weights, at, config)
        x = x + feed(norm(x, weights[f"{at}post_attention_layernorm.weight"], epsilon), weights, at)
    logits = norm(x, weights["model.norm.weight"], epsilon) @ weights["lm_head.weight"].T
    top = logits.max(-1, keepdims=True)
    return logits - top - numpy.log(numpy.exp(logits - top).sum(-1, keepdims=True))


def main(folder):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    tokenizer = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    files = load_file(os.path.join(folder, "model.safetensors"))
    weights = {name: value.astype(numpy.float64) for name, value in files.items()}
    scores = []
    for asked in json.load(sys.stdin):
        text, limit = (asked, 0) if isinstance(asked, str) else (asked["text"], asked["maxTokens"])
        ids = tokenizer.encode(text).ids
        terms = forward(ids, weights, config)[numpy.arange(len(ids) - 1), ids[1:]] if len(ids) > 1 else numpy.zeros(0)
        score = {"tokens": ids, "logProbabilities": [None, *terms.tolist()]}
        if limit > 0:
            grown = list(ids)
            while len(grown) < len(ids) + limit and (len(grown) == len(ids) or grown[-1] != config["eos_token_id"]):
                grown.append(int(forward(grown, weights, config)[-1].argmax()))
            terms = forward(grown, weights, config)[numpy.arange(len(ids) - 1, len(grown) - 1), grown[len(ids) :]]
            score |= {"continuation": grown[len(ids) :], "continued": terms.tolist()}
            score["continuationText"] = tokenizer.decode(grown[len(ids) :], skip_special_tokens=True)
        scores.append(score)
    json.dump(scores, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
