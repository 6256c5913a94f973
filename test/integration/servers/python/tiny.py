"""Makes a tiny model in the shape of Llama, its tokenizer and its chat template, as Hugging Face and as GGUF files.

    python tiny.py FOLDER [--bos] [--other]

Nothing is trained. The embeddings of the words in use are orthogonal, and the output matrix maps each onto the logarithms
of what follows it in a small corpus, so that without its two layers the model is that corpus's bigram model; the layers
are random and small. So it writes whole words, ends its sentences, is sure of some tokens and unsure of others, and every
part of it shows in its log-probabilities. --bos has the tokenizer begin every text with a token of its own; --other
draws other layers and writes otherwise.
Needs numpy, tokenizers, safetensors, gguf.
"""

import json
import os
import random
import sys

import numpy
from gguf import GGUFWriter, LlamaFileType, TokenType
from safetensors.numpy import save_file
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

WIDTH, INNER, LAYERS, HEADS, GROUPS, HEAD = 128, 256, 2, 4, 2, 32
VOCABULARY, CONTEXT, THETA, EPSILON = 512, 512, 10000.0, 1e-5
BEGIN, TURN, END, PADDING = "<|begin|>", "<|turn|>", "<|end|>", "<|pad|>"
SPECIAL = [BEGIN, TURN, END, PADDING]
FLOOR = 14.0  # nats between what was never seen and what always follows

NUMBERS = "zero one two three four five six seven eight nine ten eleven twelve".split()
PLACES = "harbour market station river bridge school garden tower".split()
STATES = "open closed flooded crowded quiet repaired".split()


def write_corpus():
    """Questions with answers of two to nine sentences: what is written greedily goes on for long, what is drawn ends."""
    draw = random.Random(5)

    def write_fact():
        if draw.random() < 0.4:
            a, b = draw.randrange(7), draw.randrange(6)
            return f"{NUMBERS[a]} plus {NUMBERS[b]}", f"The answer is {NUMBERS[a + b]}."
        place, state = draw.choice(PLACES), draw.choice(STATES)
        about = f"the {place} on day {NUMBERS[draw.randrange(1, 13)]}"
        return about, f"The {place} was {state}, as {draw.choice(PLACES)} people said."

    for _ in range(400):
        facts = [write_fact() for _ in range(draw.randrange(2, 10))]
        yield f"What of {facts[0][0]}?", " ".join(answer for _, answer in facts)


def make_tokenizer(texts, has_begin):
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, initial_alphabet=alphabet, show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    fill = VOCABULARY - tokenizer.get_vocab_size()
    tokenizer.add_tokens([AddedToken(f"<|unused{i}|>", special=True) for i in range(fill)])
    if has_begin:
        tokenizer.post_processor = processors.TemplateProcessing(
            single=f"{BEGIN} $A", pair=f"{BEGIN} $A $B", special_tokens=[(BEGIN, tokenizer.token_to_id(BEGIN))]
        )
    return tokenizer


def make_weights(tokenizer, texts, seed):
    """float32, by the names Hugging Face gives the parameters of LlamaForCausalLM."""
    source = numpy.random.default_rng(seed)
    draw = lambda deviation, *shape: source.normal(0, deviation, shape)
    counts = numpy.zeros((VOCABULARY, VOCABULARY))
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        numpy.add.at(counts, (ids[:-1], ids[1:]), 1)
        counts[tokenizer.token_to_id(BEGIN), ids[0]] += 1
    used = numpy.flatnonzero(counts.sum(0) + counts.sum(1))
    assert len(used) <= WIDTH, f"{len(used)} tokens in use, {WIDTH} dimensions"
    basis, _ = numpy.linalg.qr(draw(1, WIDTH, WIDTH))
    embedding = draw(1, VOCABULARY, WIDTH)
    embedding[used] = basis[: len(used)] * WIDTH**0.5  # as long as a normed vector
    with numpy.errstate(divide="ignore"):
        follow = numpy.log(counts / numpy.maximum(counts.sum(1, keepdims=True), 1))
    bigrams = numpy.where(counts > 0, follow + FLOOR, 0)
    weights = {
        "model.embed_tokens.weight": embedding,
        "lm_head.weight": bigrams[used].T @ embedding[used] / WIDTH,
        "model.norm.weight": numpy.ones(WIDTH),
    }
    for layer in range(LAYERS):
        at = f"model.layers.{layer}."
        weights |= {
            at + "input_layernorm.weight": 1 + draw(0.1, WIDTH),
            at + "post_attention_layernorm.weight": 1 + draw(0.1, WIDTH),
            at + "self_attn.q_proj.weight": draw(0.15, HEADS * HEAD, WIDTH),
            at + "self_attn.k_proj.weight": draw(0.15, GROUPS * HEAD, WIDTH),
            at + "self_attn.v_proj.weight": draw(0.05, GROUPS * HEAD, WIDTH),
            at + "self_attn.o_proj.weight": draw(0.05, WIDTH, HEADS * HEAD),
            at + "mlp.gate_proj.weight": draw(0.08, INNER, WIDTH),
            at + "mlp.up_proj.weight": draw(0.08, INNER, WIDTH),
            at + "mlp.down_proj.weight": draw(0.05, WIDTH, INNER),
        }
    return {name: numpy.ascontiguousarray(value, numpy.float32) for name, value in weights.items()}


def write_template(has_begin):
    begin = f"{{{{ '{BEGIN}' }}}}" if has_begin else ""
    return (
        begin + "{% for message in messages %}{{ '" + TURN + "' + message['role'] + '\\n' + message['content'] }}"
        "{% if message['role'] == 'assistant' and loop.last and not add_generation_prompt %}"
        "{% else %}{{ '" + END + "' }}{% endif %}{% endfor %}"
        "{% if add_generation_prompt %}{{ '" + TURN + "assistant\\n' }}{% endif %}"
    )


def save_folder(folder, tokenizer, weights, has_begin):
    def save(name, value):
        with open(os.path.join(folder, name), "w") as file:
            json.dump(value, file, indent=1)

    tokenizer.save(os.path.join(folder, "tokenizer.json"))
    save_file(weights, os.path.join(folder, "model.safetensors"), metadata={"format": "pt"})
    ids = {name: tokenizer.token_to_id(name) for name in SPECIAL}
    begin = ids[BEGIN] if has_begin else None
    save("generation_config.json", dict(eos_token_id=ids[END], pad_token_id=ids[PADDING], do_sample=True))
    save(
        "tokenizer_config.json",
        dict(
            tokenizer_class="PreTrainedTokenizerFast", bos_token=BEGIN if has_begin else None, eos_token=END,
            pad_token=PADDING, unk_token=None, additional_special_tokens=[TURN], model_max_length=CONTEXT,
            clean_up_tokenization_spaces=False, chat_template=write_template(has_begin),
        ),
    )
    save(
        "config.json",
        dict(
            architectures=["LlamaForCausalLM"], model_type="llama", hidden_size=WIDTH, intermediate_size=INNER,
            num_hidden_layers=LAYERS, num_attention_heads=HEADS, num_key_value_heads=GROUPS, head_dim=HEAD,
            vocab_size=VOCABULARY, max_position_embeddings=CONTEXT, rms_norm_eps=EPSILON, rope_theta=THETA,
            hidden_act="silu", tie_word_embeddings=False, attention_bias=False, mlp_bias=False, dtype="float32",
            torch_dtype="float32", bos_token_id=begin, eos_token_id=ids[END], pad_token_id=ids[PADDING],
        ),
    )


def save_gguf(path, tokenizer, weights, has_begin):
    """GGUF of llama.cpp's architecture `llama`: docs/gguf.md of ggml names the keys, gguf-py's constants the tensors."""
    file = GGUFWriter(path, "llama")
    file.add_name("tiny")
    file.add_context_length(CONTEXT)
    file.add_embedding_length(WIDTH)
    file.add_block_count(LAYERS)
    file.add_feed_forward_length(INNER)
    file.add_head_count(HEADS)
    file.add_head_count_kv(GROUPS)
    file.add_key_length(HEAD)
    file.add_value_length(HEAD)
    file.add_rope_dimension_count(HEAD)
    file.add_rope_freq_base(THETA)
    file.add_layer_norm_rms_eps(EPSILON)
    file.add_vocab_size(VOCABULARY)
    file.add_file_type(LlamaFileType.ALL_F32)
    file.add_tokenizer_model("gpt2")
    file.add_tokenizer_pre("gpt-2")  # byte level with the regular expression of GPT-2, as above
    description = json.loads(tokenizer.to_str())
    special = {token["id"] for token in description["added_tokens"]}
    vocabulary = sorted(tokenizer.get_vocab(with_added_tokens=True).items(), key=lambda entry: entry[1])
    file.add_token_list([token for token, _ in vocabulary])
    file.add_token_types([TokenType.CONTROL if i in special else TokenType.NORMAL for _, i in vocabulary])
    file.add_token_merges([pair if isinstance(pair, str) else " ".join(pair) for pair in description["model"]["merges"]])
    if has_begin:
        file.add_bos_token_id(tokenizer.token_to_id(BEGIN))
    file.add_eos_token_id(tokenizer.token_to_id(END))
    file.add_pad_token_id(tokenizer.token_to_id(PADDING))
    file.add_add_bos_token(has_begin)
    file.add_add_eos_token(False)
    file.add_chat_template(write_template(has_begin))
    names = {
        "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k", "self_attn.v_proj": "attn_v",
        "self_attn.o_proj": "attn_output", "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm",
        "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
    }
    outer = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
    for name, value in weights.items():
        stem = name.removesuffix(".weight")
        if stem in outer:
            file.add_tensor(f"{outer[stem]}.weight", value)
            continue
        _, _, layer, part = stem.split(".", 3)
        heads = {"self_attn.q_proj": HEADS, "self_attn.k_proj": GROUPS}.get(part)
        if heads is not None:
            # Hugging Face turns the halves of a head against each other, llama.cpp neighbouring pairs.
            value = value.reshape(heads, 2, HEAD // 2, WIDTH).swapaxes(1, 2).reshape(value.shape)
        file.add_tensor(f"blk.{layer}.{names[part]}.weight", numpy.ascontiguousarray(value))
    file.write_header_to_file()
    file.write_kv_data_to_file()
    file.write_tensors_to_file()
    file.close()


def main(folder, has_begin, seed):
    os.makedirs(folder, exist_ok=True)
    pairs = list(write_corpus())
    plain = [f"{question} {answer}{END}" for question, answer in pairs]
    turns = [f"{TURN}assistant\n{answer}{END}" for _, answer in pairs]  # what stands before is asked, never written
    words = ["user"] + [text.replace(END, "\n").replace(TURN, "\n") for text in plain + turns]
    tokenizer = make_tokenizer(words, has_begin)
    weights = make_weights(tokenizer, plain + turns, seed)
    save_folder(folder, tokenizer, weights, has_begin)
    save_gguf(os.path.join(folder, "model.gguf"), tokenizer, weights, has_begin)


if __name__ == "__main__":
    main(sys.argv[1], "--bos" in sys.argv[2:], 6 if "--other" in sys.argv[2:] else 5)
