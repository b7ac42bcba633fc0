"""The network: Hugging Face's T5ForConditionalGeneration, and its loss on packed rows."""

import torch
import torch.nn.functional as F
from transformers import T5Config, T5ForConditionalGeneration

from settings import ANSWERING, COMPARING, EOS, MODEL, PAD, VOCAB


def configuration(dropout=0.0):
    """The configuration of the starter model."""
    return T5Config(
        vocab_size=VOCAB,
        feed_forward_proj="gated-gelu",
        dropout_rate=dropout,
        layer_norm_epsilon=1e-6,
        initializer_factor=1.0,
        tie_word_embeddings=True,
        is_encoder_decoder=True,
        use_cache=True,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=PAD,
        **MODEL,
    )


def start_positions(model):
    """Gives some heads a sense of position from the start, which pure noise would learn only slowly.

    Encoder: head 0 looks at the token before, head 1 at the token after, head 2 at the neighbourhood. Decoder:
    head 0 and 1 look one and two tokens back. Copying needs exactly these. The remaining heads start blind."""
    with torch.no_grad():
        encoder = model.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight
        after = encoder.shape[0] // 2  # buckets from here on are positions to the right
        encoder[:, :3] = 0
        encoder[1, 0] = encoder[after + 1, 1] = 6.0
        for distance in range(after // 2):
            encoder[distance, 2] = encoder[after + distance, 2] = 4.0 - 0.7 * distance
        decoder = model.decoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight
        decoder[:, :2] = 0
        decoder[1, 0] = decoder[2, 1] = 5.0


def projection(size):
    """Orthonormal rows [size, d_model]: shows a vector through `size` random directions."""
    return torch.linalg.qr(torch.randn(MODEL["d_model"], size))[0].T.contiguous()


def start_copying(model):
    """Starts the network able to look up and repeat words, which it would otherwise learn late or never.

    Encoder head 0 of block 0 writes the token before into directions of its own. In every decoder block, heads 0 and 1
    of the attention over the encoder look there for the token written last, so they see what followed it, and hand that
    token on as it is. This is the circuit of arXiv:2209.11895 (induction heads), set up by the means of
    arXiv:2305.09828 (mimetic initialisation: weights that start as products close to the identity). All of it is
    trained on like any other weight."""
    size = MODEL["d_kv"]
    with torch.no_grad():
        written, stored = projection(size), projection(size)
        before = model.encoder.block[0].layer[0].SelfAttention  # head 0, see start_positions
        before.v.weight[:size] = written
        before.o.weight[:, :size] = stored.T
        for block in model.decoder.block:
            attention = block.layer[1].EncDecAttention
            for head in (slice(0, size), slice(size, 2 * size)):
                attention.q.weight[head] = written / 4  # 0.25: a match stands out, yet does not saturate the softmax
                attention.k.weight[head] = stored
                handed_on = projection(size)
                attention.v.weight[head] = handed_on
                attention.o.weight[:, head] = handed_on.T


def start_looking_up(model):
    """Lets one head of the encoder (COMPARING) look for other places where the own token stands.

    So the words of a question find themselves in the passage, and the other way round; guide_loss keeps it there until the
    later blocks have learned to use it. It starts with equal weights for queries and keys, so that equal tokens match, and
    does not look at its own place."""
    (block, head), size = COMPARING, MODEL["d_kv"]
    part = slice(head * size, (head + 1) * size)
    with torch.no_grad():
        model.encoder.block[0].layer[0].SelfAttention.relative_attention_bias.weight[0, head] = -8.0  # distance 0
        layer = model.encoder.block[block].layer[0]
        compared = projection(size) * 0.5 / layer.layer_norm.weight.abs().mean()
        layer.SelfAttention.q.weight[part] = compared
        layer.SelfAttention.k.weight[part] = compared


def new_model(seed=1):
    """A freshly initialised model."""
    torch.manual_seed(seed)
    model = T5ForConditionalGeneration(configuration())
    start_positions(model)
    start_copying(model)
    start_looking_up(model)
    return model


def masks(encoder_segments, decoder_segments):
    """Attention masks that keep the examples of one row apart: [batch, 1, query, key], True where allowed.

    Padding (segment 0) attends to padding, so that no row of a softmax is empty. Relative positions need no
    care: they depend on distances only, and a distance inside an example is unchanged by packing."""
    encoder = encoder_segments[:, None, :, None] == encoder_segments[:, None, None, :]
    cross = decoder_segments[:, None, :, None] == encoder_segments[:, None, None, :]
    length = decoder_segments.shape[1]
    causal = torch.ones(length, length, dtype=torch.bool, device=decoder_segments.device).tril()
    decoder = (decoder_segments[:, None, :, None] == decoder_segments[:, None, None, :]) & causal
    blocked = torch.finfo(torch.float32).min / 2
    return tuple(torch.zeros(m.shape, device=m.device).masked_fill(~m, blocked) for m in (encoder, decoder, cross))


def new_marker():
    """Tells from the encoder's last states [.., d_model] whether a token belongs to the answer, and whether it is what the
    question asks for; only training uses it."""
    return torch.nn.Linear(MODEL["d_model"], 2)


def guide_loss(model, states, mask, guided, starts, ends):
    """Teaches one head (block, head) of the encoder to look from the tokens `starts` to the tokens `ends` of their example:
    minus the logarithm of the attention that lands there; zero where no example has both.

    `states` [rows, length, d_model] of all blocks; `starts` and `ends` [rows, length] are boolean."""
    block, head = guided
    layer, size = model.encoder.block[block].layer[0], MODEL["d_kv"]
    part = slice(head * size, (head + 1) * size)
    x = layer.layer_norm(states[block])
    queries, looked_at = (F.linear(x, w.weight[part]) for w in (layer.SelfAttention.q, layer.SelfAttention.k))
    length = mask.shape[-1]
    bias = model.encoder.block[0].layer[0].SelfAttention.compute_bias(length, length)[:, head]
    attention = (queries @ looked_at.transpose(1, 2) + bias + mask[:, 0]).float().softmax(-1)
    wanted = ends[:, None, :] & (mask[:, 0] == 0)
    landed = (attention * wanted).sum(-1)
    return mean_of(-(landed + 1e-6).log(), starts & wanted.any(-1))


def mean_of(values, counted):
    """Mean of those that count, zero if none does."""
    return (values * counted).sum() / counted.sum().clamp(min=1)


def packed_losses(model, marker, batch):
    """Three means over a packed batch: cross-entropy of the target tokens (PAD in the labels is ignored), and two that help
    the encoder to look things up. From the first alone that had not appeared after 20 million tokens: the decoder settles on
    one likely piece of the text and learns next to nothing about the pieces that it does not look at.

    Marking: which tokens of the input are the answer (pack.answer_marks), which ones what the question asks for. Guidance:
    one head compares these words in question and text, a later one looks from the question to the answer."""
    encoder_ids, encoder_segments, decoder_ids, decoder_segments, labels, keys, marks = batch
    encoder_mask, decoder_mask, cross_mask = masks(encoder_segments, decoder_segments)
    encoded = model.encoder(input_ids=encoder_ids, attention_mask=encoder_mask, output_hidden_states=True)
    states = encoded.last_hidden_state
    hidden = model.decoder(
        input_ids=decoder_ids,
        attention_mask=decoder_mask,
        encoder_hidden_states=states,
        encoder_attention_mask=cross_mask,
        use_cache=False,
    ).last_hidden_state
    logits = model.lm_head(hidden * model.model_dim**-0.5)
    loss = F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=PAD)

    told = marker(states).float()
    right = torch.stack([marks == 2, keys == 2], -1)
    wrong = F.binary_cross_entropy_with_logits(told, right.float(), reduction="none")
    keyed = (right[..., 1][:, None, :] & (encoder_mask[:, 0] == 0)).any(-1)  # examples in which keys are known
    marking = mean_of(wrong[..., 0], marks > 0) + mean_of(wrong[..., 1], keyed)

    asked, named, answer = keys == 1, keys == 2, marks == 2
    heads = ((COMPARING, asked, named), (COMPARING, named, asked), (ANSWERING, asked, answer))
    guide = sum(guide_loss(model, encoded.hidden_states, encoder_mask, *head) for head in heads)
    return loss, marking, guide
