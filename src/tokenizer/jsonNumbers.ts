/**
 * Numbers of a JSON file exactly as Rust's serde_json reads them by default, which is not how JavaScript does.
 * The reference tokenizer parses its scores that way; one unit in the last place decides ties between splits.
 */

/**
 * The same JSON with every number outside of strings turned into a string, so that its digits survive `JSON.parse`.
 * The text must be valid JSON.
 */
export function quoteNumbers(json: string): string {
  const parts: string[] = [];
  let from = 0;
  while (from < json.length) {
    const quote = json.indexOf('"', from);
    const gap = json.slice(from, quote < 0 ? json.length : quote);
    parts.push(gap.replaceAll(/-?\d[\d.eE+-]*/g, '"$&"'));
    if (quote < 0) break;
    const end = endOfString(json, quote);
    parts.push(json.slice(quote, end));
    from = end;
  }
  return parts.join('');
}

/** Index after the closing quote of the string that opens at `quote`. */
function endOfString(json: string, quote: number): number {
  let end = json.indexOf('"', quote + 1);
  while (end >= 0) {
    let backslashes = 0;
    while (json.charCodeAt(end - 1 - backslashes) === 0x5c) backslashes++;
    if (backslashes % 2 === 0) return end + 1;
    end = json.indexOf('"', end + 1);
  }
  return json.length;
}

const U64_MAX = 18446744073709551615n;
const LARGEST_POWER = 308;

/**
 * The double that serde_json (without `float_roundtrip`) makes of a JSON number:
 * all digits as one unsigned 64-bit integer, rounded to a double, then one division or multiplication by 10^k.
 * Digits that no longer fit into 64 bits are dropped. Reference: serde_json `de.rs`, `f64_from_parts`.
 */
export function parseSerdeNumber(lexeme: string): number {
  const match = /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(lexeme);
  if (match === null) return Number.NaN;
  const [, sign, whole = '', fraction = '', exponentText] = match;
  if (fraction === '' && exponentText === undefined) return Number(lexeme);
  const digits = `${whole}${fraction}`;
  const kept = leadingDigitsOf64Bits(digits);
  let exponent = exponentText === undefined ? 0 : Number(exponentText);
  exponent += whole.length - kept;
  let value = Number(digits.slice(0, kept));
  while (value !== 0 && exponent < -LARGEST_POWER) {
    value /= 1e308;
    exponent += LARGEST_POWER;
  }
  const power = Number(`1e${Math.abs(exponent)}`);
  if (value !== 0) value = exponent >= 0 ? value * power : value / power;
  return sign === '-' ? -value : value;
}

function leadingDigitsOf64Bits(digits: string): number {
  if (digits.length < 20) return digits.length;
  // Leading zeros do not count towards the 64 bits.
  const zeros = /^0*/.exec(digits)![0].length;
  if (digits.length - zeros < 20) return digits.length;
  return BigInt(digits.slice(zeros, zeros + 20)) <= U64_MAX ? zeros + 20 : zeros + 19;
}
