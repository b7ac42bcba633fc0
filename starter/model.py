"""The network: Hugging Face's T5ForConditionalGeneration, and its loss on packed rows."""

import torch
import torch.nn.functional as F
from transformers import T5Config, T5ForConditionalGeneration

from settings import EOS, MODEL, PAD, VOCAB


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


def new_model(seed=1):
    """A freshly initialised model."""
    torch.manual_seed(seed)
    model = T5ForConditionalGeneration(configuration())
    start_positions(model)
    start_copying(model)
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


def packed_loss(model, batch):
    """Mean cross-entropy over the target tokens of a packed batch (PAD in the labels is ignored)."""
    encoder_ids, encoder_segments, decoder_ids, decoder_segments, labels = batch
    encoder_mask, decoder_mask, cross_mask = masks(encoder_segments, decoder_segments)
    hidden = model.encoder(input_ids=encoder_ids, attention_mask=encoder_mask).last_hidden_state
    hidden = model.decoder(
        input_ids=decoder_ids,
        attention_mask=decoder_mask,
        encoder_hidden_states=hidden,
        encoder_attention_mask=cross_mask,
        use_cache=False,
    ).last_hidden_state
    logits = model.lm_head(hidden * model.model_dim**-0.5)
    return F.cross_entropy(logits.float().flatten(0, 1), labels.flatten(), ignore_index=PAD)
