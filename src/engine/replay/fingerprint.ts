/** A 32-bit digest of numbers and objects in order (FNV-1a), to tell two command lists apart. */

const scratch = new Float64Array(1);
const words = new Uint32Array(scratch.buffer);
const objectNumbers = new WeakMap<object, number>();
let objectCount = 0;

export class Fingerprint {
  value = 0x811c9dc5;

  add(number: number): void {
    scratch[0] = number;
    this.mix(words[0]!);
    this.mix(words[1]!);
  }

  /** Numbers and how many there are. */
  addAll(numbers: ArrayLike<number>): void {
    this.add(numbers.length);
    for (let i = 0; i < numbers.length; i++) this.add(numbers[i]!);
  }

  /** An object by identity. */
  addObject(object: object): void {
    let number = objectNumbers.get(object);
    if (number === undefined) {
      number = objectCount++;
      objectNumbers.set(object, number);
    }
    this.add(number);
  }

  private mix(word: number): void {
    this.value = Math.imul(this.value ^ word, 0x01000193) >>> 0;
  }
}
