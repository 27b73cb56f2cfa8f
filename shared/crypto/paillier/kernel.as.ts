/**
 * The WebAssembly kernel of the Paillier ring, in AssemblyScript: not compiled by tsc. Build with `npm run build:wasm`.
 *
 * A number x modulo n^2 is a pair of digits to the base n, x = low + high n, each of `limbs` limbs of 27 bits, low digit first. Products are
 * Montgomery products, a b / R with R = 2^(27 limbs) >= 16 n. From low_a low_b + q n = R u follows low_a low_b / R = u - (q / R) n, so
 *   low  = reduce(low_a low_b)                                  keeping the quotient q
 *   high = reduce(low_a high_b + high_a low_b - q + multiple)   with a multiple of n of at least R, which keeps it from going below zero
 * which is three digit products and two reductions, where a product of double length and its reduction would cost as much as eight.
 * A digit product is three products of halves (Karatsuba and Ofman 1962), reckoned modulo 2^64 like all columns: what is taken off has been
 * put on, so that differences below zero on the way do no harm.
 *
 * Bounds: digits below 2 n in give digits below 1.6 n out. A column sums at most 3 limbs products of 54 bits, which fits 64 bits up to
 * 341 limbs (9,200 bits). Not constant-time: table look-ups depend on the exponent.
 */

const BITS: u64 = 27;
const MASK: u32 = 0x7ffffff;
const MAX_LIMBS: i32 = 312;

const COLUMNS: usize = memory.data((2 * MAX_LIMBS + 4) * 8, 16);
const QUOTIENT: usize = memory.data(MAX_LIMBS * 4, 16);
const RESULT: usize = memory.data(MAX_LIMBS * 4, 16);
/** n, followed by four limbs of zero. */
const MODULUS: usize = memory.data((MAX_LIMBS + 4) * 4, 16);
/** The smallest multiple of n above R, one limb longer than n. */
const MULTIPLE: usize = memory.data((MAX_LIMBS + 4) * 4, 16);

/** Products of the digits' halves, and sums of halves. */
const LOWS: usize = memory.data((MAX_LIMBS + 8) * 8, 16);
const HIGHS: usize = memory.data((MAX_LIMBS + 8) * 8, 16);
const SUM_A: usize = memory.data((MAX_LIMBS / 2 + 4) * 4, 16);
const SUM_B: usize = memory.data((MAX_LIMBS / 2 + 4) * 4, 16);

let limbs: i32 = 0;
/** Limbs of a digit's low half, a multiple of 4; its high half has as many or four less. */
let lowLimbs: i32 = 0;
/** -1 / n modulo 2^27. */
let negInverse: u32 = 0;

/** Sets how many limbs a digit has (a multiple of 4) and -1 / n mod 2^27. n and its multiple are written to their places by the caller. */
export function configure(limbCount: i32, negativeInverse: u32): void {
  limbs = limbCount;
  lowLimbs = ((limbCount + 4) >> 3) << 2;
  negInverse = negativeInverse;
}

export function modulusAt(): usize {
  return MODULUS;
}

export function multipleAt(): usize {
  return MULTIPLE;
}

/** The first free byte of the memory. */
export function heapAt(): usize {
  return __heap_base;
}

/** columns at `row` += a * b for numbers of `count` limbs, four rows of limbs at a time. */
function addRows(row: usize, a: usize, b: usize, count: i32): void {
  const bytes = <usize>count << 2;
  const bEnd = b + bytes;
  const aEnd = a + bytes;
  while (a < aEnd) {
    const a0 = load<u32>(a) as u64;
    const a1 = load<u32>(a, 4) as u64;
    const a2 = load<u32>(a, 8) as u64;
    const a3 = load<u32>(a, 12) as u64;
    let p0: u64 = 0;
    let p1: u64 = 0;
    let p2: u64 = 0;
    let at = row;
    for (let from = b; from < bEnd; from += 16, at += 32) {
      const b0 = load<u32>(from) as u64;
      const b1 = load<u32>(from, 4) as u64;
      const b2 = load<u32>(from, 8) as u64;
      const b3 = load<u32>(from, 12) as u64;
      store<u64>(at, load<u64>(at) + a0 * b0 + a1 * p0 + a2 * p1 + a3 * p2);
      store<u64>(at, load<u64>(at, 8) + a0 * b1 + a1 * b0 + a2 * p0 + a3 * p1, 8);
      store<u64>(at, load<u64>(at, 16) + a0 * b2 + a1 * b1 + a2 * b0 + a3 * p0, 16);
      store<u64>(at, load<u64>(at, 24) + a0 * b3 + a1 * b2 + a2 * b1 + a3 * b0, 24);
      p0 = b3;
      p1 = b2;
      p2 = b1;
    }
    store<u64>(at, load<u64>(at) + a1 * p0 + a2 * p1 + a3 * p2);
    store<u64>(at, load<u64>(at, 8) + a2 * p0 + a3 * p1, 8);
    store<u64>(at, load<u64>(at, 16) + a3 * p0, 16);
    a += 16;
    row += 32;
  }
}

/** out = low half + high half of a digit, limb by limb without carries: 28 bits a limb. */
function sumHalves(out: usize, digit: usize): void {
  const lows = <usize>lowLimbs << 2;
  const highs = (<usize>limbs << 2) - lows;
  for (let i: usize = 0; i < highs; i += 4) store<u32>(out + i, load<u32>(digit + i) + load<u32>(digit + lows + i));
  for (let i = highs; i < lows; i += 4) store<u32>(out + i, load<u32>(digit + i));
}

/** Makes ready for addProduct: the halves' products are zero. */
function clearHalves(): void {
  memory.fill(LOWS, 0, <usize>lowLimbs << 4);
  memory.fill(HIGHS, 0, <usize>(limbs - lowLimbs) << 4);
}

/** Adds a * b to the three products that addHalves makes columns of: three products of half the length instead of four. */
function addProduct(a: usize, b: usize): void {
  const lows = <usize>lowLimbs << 2;
  addRows(LOWS, a, b, lowLimbs);
  addRows(HIGHS, a + lows, b + lows, limbs - lowLimbs);
  sumHalves(SUM_A, a);
  sumHalves(SUM_B, b);
  addRows(COLUMNS + (lows << 1), SUM_A, SUM_B, lowLimbs);
}

/** columns += lows + (- lows - highs) W + highs W^2 with W = 2^(27 lowLimbs), where addProduct has put the products of the sums. */
function addHalves(): void {
  const shift = <usize>lowLimbs << 3;
  const lowEnd = LOWS + (<usize>lowLimbs << 4);
  for (let from = LOWS, at = COLUMNS; from < lowEnd; from += 8, at += 8) {
    const low = load<u64>(from);
    store<u64>(at, load<u64>(at) + low);
    store<u64>(at + shift, load<u64>(at + shift) - low);
  }
  const highEnd = HIGHS + (<usize>(limbs - lowLimbs) << 4);
  for (let from = HIGHS, at = COLUMNS + shift; from < highEnd; from += 8, at += 8) {
    const high = load<u64>(from);
    store<u64>(at, load<u64>(at) - high);
    store<u64>(at + shift, load<u64>(at + shift) + high);
  }
}

/** out = columns / R mod n, below n + columns / R; the quotient goes to `quotient` unless that is 0. */
function reduce(out: usize, quotient: usize): void {
  const n0 = load<u32>(MODULUS) as u64;
  const n1 = load<u32>(MODULUS, 4) as u64;
  const n2 = load<u32>(MODULUS, 8) as u64;
  const n3 = load<u32>(MODULUS, 12) as u64;
  const end = MODULUS + (<usize>limbs << 2);
  const inverse = negInverse;
  let row = COLUMNS;
  for (let i = 0; i < limbs; i += 4) {
    // Four quotient limbs, each making one column divisible by 2^27.
    let carry = load<u64>(row);
    const q0 = <u64>((<u32>carry * inverse) & MASK);
    carry = ((carry + q0 * n0) >> BITS) + load<u64>(row, 8) + q0 * n1;
    const q1 = <u64>((<u32>carry * inverse) & MASK);
    carry = ((carry + q1 * n0) >> BITS) + load<u64>(row, 16) + q0 * n2 + q1 * n1;
    const q2 = <u64>((<u32>carry * inverse) & MASK);
    carry = ((carry + q2 * n0) >> BITS) + load<u64>(row, 24) + q0 * n3 + q1 * n2 + q2 * n1;
    const q3 = <u64>((<u32>carry * inverse) & MASK);
    carry = (carry + q3 * n0) >> BITS;
    store<u64>(row, load<u64>(row, 32) + carry, 32);
    if (quotient) {
      store<u32>(quotient, <u32>q0);
      store<u32>(quotient, <u32>q1, 4);
      store<u32>(quotient, <u32>q2, 8);
      store<u32>(quotient, <u32>q3, 12);
      quotient += 16;
    }
    let p0 = n3;
    let p1 = n2;
    let p2 = n1;
    row += 32;
    let at = row;
    for (let from = MODULUS + 16; from < end; from += 16, at += 32) {
      const b0 = load<u32>(from) as u64;
      const b1 = load<u32>(from, 4) as u64;
      const b2 = load<u32>(from, 8) as u64;
      const b3 = load<u32>(from, 12) as u64;
      store<u64>(at, load<u64>(at) + q0 * b0 + q1 * p0 + q2 * p1 + q3 * p2);
      store<u64>(at, load<u64>(at, 8) + q0 * b1 + q1 * b0 + q2 * p0 + q3 * p1, 8);
      store<u64>(at, load<u64>(at, 16) + q0 * b2 + q1 * b1 + q2 * b0 + q3 * p0, 16);
      store<u64>(at, load<u64>(at, 24) + q0 * b3 + q1 * b2 + q2 * b1 + q3 * b0, 24);
      p0 = b3;
      p1 = b2;
      p2 = b1;
    }
    store<u64>(at, load<u64>(at) + q1 * p0 + q2 * p1 + q3 * p2);
    store<u64>(at, load<u64>(at, 8) + q2 * p0 + q3 * p1, 8);
    store<u64>(at, load<u64>(at, 16) + q3 * p0, 16);
  }
  let carry: u64 = 0;
  for (let i = 0; i < limbs; i++, row += 8, out += 4) {
    carry += load<u64>(row);
    store<u32>(out, <u32>carry & MASK);
    carry >>= BITS;
  }
}

/** columns = 0. */
function clearColumns(): void {
  memory.fill(COLUMNS, 0, (2 * <usize>limbs + 4) << 3);
}

/** columns = multiple of n - quotient. */
function startHigh(): void {
  let carry: i64 = 0;
  for (let i: usize = 0; i < <usize>limbs; i++) {
    carry += <i64>load<u32>(MULTIPLE + (i << 2)) - <i64>load<u32>(QUOTIENT + (i << 2));
    store<u64>(COLUMNS + (i << 3), <u64>carry & <u64>MASK);
    carry >>= BITS;
  }
  const top = COLUMNS + (<usize>limbs << 3);
  store<u64>(top, <u64>(carry + <i64>load<u32>(MULTIPLE + (<usize>limbs << 2))));
  memory.fill(top + 8, 0, (<usize>limbs + 3) << 3);
}

/** out = a * b / R, for pairs; out may be a or b. */
export function multiplyPair(out: usize, a: usize, b: usize): void {
  const digit = <usize>limbs << 2;
  clearColumns();
  clearHalves();
  addProduct(a, b);
  addHalves();
  reduce(RESULT, QUOTIENT);
  startHigh();
  clearHalves();
  addProduct(a, b + digit);
  addProduct(a + digit, b);
  addHalves();
  reduce(out + digit, 0);
  memory.copy(out, RESULT, digit);
}

/** columns += one digit, limb by limb. */
function addDigit(digit: usize): void {
  for (let i: usize = 0; i < <usize>limbs; i++) {
    const at = COLUMNS + (i << 3);
    store<u64>(at, load<u64>(at) + <u64>load<u32>(digit + (i << 2)));
  }
}

/** out = (1 + message n) * a / R for a digit `message`: encrypts and leaves Montgomery form in one cheap step. */
function finishPair(out: usize, a: usize, message: usize): void {
  const digit = <usize>limbs << 2;
  clearColumns();
  addDigit(a);
  reduce(RESULT, QUOTIENT);
  startHigh();
  clearHalves();
  addProduct(a, message);
  addHalves();
  addDigit(a + digit);
  reduce(out + digit, 0);
  memory.copy(out, RESULT, digit);
}

/** Takes n off a digit below 2 n when it is not below n, without a branch on it; returns how often, 0 or 1. */
function subtractModulus(digit: usize): u32 {
  let borrow: i64 = 0;
  for (let i: usize = 0; i < <usize>limbs; i++) {
    borrow += <i64>load<u32>(digit + (i << 2)) - <i64>load<u32>(MODULUS + (i << 2));
    store<u32>(RESULT + (i << 2), <u32>borrow & MASK);
    borrow >>= BITS;
  }
  const keep = <u32>borrow;
  for (let i: usize = 0; i < <usize>limbs; i++) {
    const at = digit + (i << 2);
    store<u32>(at, (load<u32>(at) & keep) | (load<u32>(RESULT + (i << 2)) & ~keep));
  }
  return keep + 1;
}

/** Both digits below n. What the low digit loses, one n, is one unit of the high digit. */
export function canonicalize(pair: usize): void {
  let carry = <u64>subtractModulus(pair);
  const high = pair + (<usize>limbs << 2);
  for (let i: usize = 0; i < <usize>limbs; i++) {
    carry += <u64>load<u32>(high + (i << 2));
    store<u32>(high + (i << 2), <u32>carry & MASK);
    carry >>= BITS;
  }
  subtractModulus(high);
}

/** `count` limbs from `length` little-endian bytes; what is missing is zero. */
export function readLimbs(out: usize, bytes: usize, length: i32, count: i32): void {
  const outEnd = out + (<usize>count << 2);
  let bit: usize = 0;
  for (; out < outEnd && <i32>(bit >> 3) + 8 <= length; out += 4, bit += <usize>BITS) {
    store<u32>(out, <u32>(load<u64>(bytes + (bit >> 3)) >> <u64>(bit & 7)) & MASK);
  }
  for (; out < outEnd; out += 4, bit += <usize>BITS) {
    // Near the end byte by byte, for what lies behind belongs to others.
    let word: u64 = 0;
    for (let k = <i32>(bit >> 3), shift: u64 = 0; k < length; k++, shift += 8) word |= <u64>load<u8>(bytes + k) << shift;
    store<u32>(out, <u32>(word >> <u64>(bit & 7)) & MASK);
  }
}

/** `length` little-endian bytes of a canonical digit. */
function writeDigit(bytes: usize, digit: usize, length: i32): void {
  let word: u64 = 0;
  let held: u64 = 0;
  for (const end = bytes + length; bytes < end; bytes++) {
    if (held < 8) {
      word |= <u64>load<u32>(digit) << held;
      digit += 4;
      held += BITS;
    }
    store<u8>(bytes, <u8>word);
    word >>= 8;
    held -= 8;
  }
}

/** A pair from its wire form, two digits of `length` bytes. */
export function readPair(out: usize, bytes: usize, length: i32): void {
  readLimbs(out, bytes, length, limbs);
  readLimbs(out + (<usize>limbs << 2), bytes + length, length, limbs);
}

/** The wire form of a canonical pair. */
export function writePair(bytes: usize, pair: usize, length: i32): void {
  writeDigit(bytes, pair, length);
  writeDigit(bytes + length, pair + (<usize>limbs << 2), length);
}

/** row[d] = row[d - 1] * row[1] / R for d from 2 to count - 1; row[0] and row[1] are given. */
export function fillRow(row: usize, count: i32): void {
  const size = <usize>limbs << 3;
  for (let d = 2; d < count; d++) multiplyPair(row + <usize>d * size, row + <usize>(d - 1) * size, row + size);
}

/** power = power^(16^count) * base^(digits), for the digits' bytes (0 to 15, most significant first) and base's first 16 powers. */
export function powerDigits(power: usize, powers: usize, digits: usize, count: i32): void {
  const size = <usize>limbs << 3;
  for (let i = 0; i < count; i++) {
    for (let square = 0; square < 4; square++) multiplyPair(power, power, power);
    multiplyPair(power, power, powers + <usize>load<u8>(digits + i) * size);
  }
}

/** `count` ciphertexts in wire form from plaintexts of `length` bytes and exponents of `rows` bytes; `scratch` holds two pairs. */
export function encryptBatch(out: usize, plaintexts: usize, exponents: usize, count: i32, length: i32, table: usize, rows: i32, scratch: usize): void {
  const size = <usize>limbs << 3;
  const message = scratch + size;
  for (let k = 0; k < count; k++) {
    memory.copy(scratch, table + <usize>load<u8>(exponents) * size, size);
    for (let row = 1; row < rows; row++) {
      multiplyPair(scratch, scratch, table + (<usize>row * 256 + <usize>load<u8>(exponents + row)) * size);
    }
    readLimbs(message, plaintexts, length, limbs);
    finishPair(scratch, scratch, message);
    canonicalize(scratch);
    writePair(out, scratch, length);
    out += 2 * length;
    plaintexts += length;
    exponents += rows;
  }
}

/** products[k] = products[k] * ciphertexts[k] / R. */
export function multiplyBatch(products: usize, ciphertexts: usize, count: i32, length: i32, scratch: usize): void {
  const size = <usize>limbs << 3;
  for (let k = 0; k < count; k++) {
    readPair(scratch, ciphertexts, length);
    multiplyPair(products, products, scratch);
    products += size;
    ciphertexts += 2 * length;
  }
}

/** The wire form of products[k] * factor / R. */
export function finishBatch(out: usize, products: usize, count: i32, length: i32, factor: usize, scratch: usize): void {
  const size = <usize>limbs << 3;
  for (let k = 0; k < count; k++) {
    multiplyPair(scratch, products, factor);
    canonicalize(scratch);
    writePair(out, scratch, length);
    products += size;
    out += 2 * length;
  }
}
