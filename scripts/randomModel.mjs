/** Writes a T5 with random weights as a Hugging Face folder: the shape of a real model without its download. */
import { copyFileSync, openSync, writeFileSync, writeSync, closeSync } from 'node:fs';
import { join } from 'node:path';

/** What the shapes' config.json say; flan-t5 has the layers of T5 v1.1. */
export const shapes = {
  'flan-t5-small': { d_model: 512, d_kv: 64, d_ff: 1024, num_heads: 6, num_layers: 8 },
  'flan-t5-base': { d_model: 768, d_kv: 64, d_ff: 2048, num_heads: 12, num_layers: 12 },
};

const valuesAtOnce = 2 ** 22;

/**
 * Writes config.json, tokenizer.json (a copy) and model.safetensors in 16 bits into `folder`. `tensors` is a list of
 * `{name, shape}`; the same seed gives the same bytes. Returns the config and the bytes of the weights' file.
 */
export function writeRandomModel(folder, { shape, tokenizer, tensorsOf, seed = 1 }) {
  const sizes = shapes[shape];
  if (sizes === undefined) {
    throw new Error(`No shape is called ${shape}; there are ${Object.keys(shapes).join(', ')}.`);
  }
  const config = {
    architectures: ['T5ForConditionalGeneration'],
    model_type: 't5',
    _name_or_path: `random/${shape}`,
    ...sizes,
    num_decoder_layers: sizes.num_layers,
    vocab_size: 32128,
    relative_attention_num_buckets: 32,
    relative_attention_max_distance: 128,
    layer_norm_epsilon: 1e-6,
    dropout_rate: 0.1,
    feed_forward_proj: 'gated-gelu',
    tie_word_embeddings: false,
    is_encoder_decoder: true,
    pad_token_id: 0,
    eos_token_id: 1,
    decoder_start_token_id: 0,
    use_cache: true,
  };
  const configText = `${JSON.stringify(config, null, 2)}\n`;
  writeFileSync(join(folder, 'config.json'), configText);
  copyFileSync(tokenizer, join(folder, 'tokenizer.json'));
  const bytes = writeWeights(join(folder, 'model.safetensors'), tensorsOf(configText), sizes, seed);
  return { config, bytes };
}

function writeWeights(path, tensors, sizes, seed) {
  let end = 0;
  const entries = {};
  for (const { name, shape } of tensors) {
    const begin = end;
    end += 2 * shape.reduce((a, b) => a * b, 1);
    entries[name] = { dtype: 'F16', shape, data_offsets: [begin, end] };
  }
  const plain = JSON.stringify(entries);
  const header = Buffer.from(plain.padEnd(8 * Math.ceil(plain.length / 8)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  try {
    writeSync(file, length);
    writeSync(file, header);
    const random = makeRandom(seed);
    for (const { name, shape } of tensors) {
      let left = shape.reduce((a, b) => a * b, 1);
      const next = halvesOf(name, sizes, random);
      while (left > 0) {
        const part = new Uint16Array(Math.min(left, valuesAtOnce)).map(next);
        writeSync(file, Buffer.from(part.buffer));
        left -= part.length;
      }
    }
  } finally {
    closeSync(file);
  }
  return 8 + header.length + end;
}

/** Bits of halves: ones for norms, else numbers spread evenly within the scale T5 starts from. */
function halvesOf(name, { d_model: width, d_kv: headSize, d_ff: inner }, random) {
  if (name.endsWith('layer_norm.weight')) return () => 0x3c00;
  const deviation = name.endsWith('.q.weight')
    ? (width * headSize) ** -0.5
    : name.endsWith('.wo.weight')
      ? inner ** -0.5
      : name === 'shared.weight'
        ? 1
        : width ** -0.5;
  // Drawn from a table: half a billion conversions would take minutes.
  const table = new Uint16Array(4096).map((_, i) =>
    halfBits(deviation * Math.sqrt(3) * ((2 * i + 1) / 4096 - 1)),
  );
  return () => table[random() >>> 20];
}

/** The bits of a normal half next to a number; smaller numbers become 0. */
function halfBits(value) {
  const [bits] = new Uint32Array(Float32Array.of(value).buffer);
  const exponent = ((bits >>> 23) & 0xff) - 112;
  if (exponent <= 0) return 0;
  return ((bits >>> 16) & 0x8000) | (((exponent << 10) | ((bits >>> 13) & 0x3ff)) & 0x7fff);
}

/** Marsaglia's xorshift32: whole numbers of 32 bits. */
function makeRandom(seed) {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}
