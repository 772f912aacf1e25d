/**
 * The WebAssembly side of librsync's sums, as typed functions over one memory. The module is
 * assembled and compiled once a process, on first use (a few milliseconds); every signature or
 * delta in progress has a memory of its own.
 */
import { assemble } from './assembler.js';
import { blake2bAbsorb } from './blake2b.js';
import { md4Absorb } from './md4.js';
import { rabinKarpSearch, rollsumSearch } from './search.js';
import { rabinKarpBlock, rollsumBlock } from './weak.js';
import { FREE_START } from './layout.js';

const PAGE_BYTES = 65_536;
/** All that 32-bit addresses reach. */
const MAX_PAGES = 65_536;

interface KernelFunctions {
  readonly md4Absorb: (chunks: number) => void;
  readonly blake2bAbsorb: (chunks: number, counter: number, advance: number, last: number) => void;
  readonly rabinKarp: (address: number, length: number) => number;
  readonly rollsum: (address: number, length: number) => number;
  readonly rabinKarpSearch: SearchFunction;
  readonly rollsumSearch: SearchFunction;
}
/** See `searchFunction` in `search.ts`; the caller has put its weight at `SEARCH_WEIGHT`. */
export type SearchFunction = (
  position: number,
  last: number,
  sum: number,
  blockLength: number,
) => number;

let compiled: WebAssembly.Module | undefined;

/** Uses a module that another thread compiled, and optimised by using it. */
export function adoptKernelModule(module: WebAssembly.Module): void {
  compiled ??= module;
}

/** The compiled kernels: to share with other threads. */
export function kernelModule(): WebAssembly.Module {
  compiled ??= new WebAssembly.Module(
    assemble([
      md4Absorb(),
      blake2bAbsorb(),
      rabinKarpBlock(),
      rollsumBlock(),
      rabinKarpSearch(),
      rollsumSearch(),
    ]),
  );
  return compiled;
}

/** One memory with the kernels over it. Views are replaced when the memory grows. */
export class Kernel {
  readonly run: KernelFunctions;
  bytes: Uint8Array;
  words: Uint32Array;
  private readonly memory: WebAssembly.Memory;
  private free = FREE_START;

  constructor() {
    this.memory = new WebAssembly.Memory({ initial: 1, maximum: MAX_PAGES });
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
    const { exports } = new WebAssembly.Instance(kernelModule(), { env: { memory: this.memory } });
    this.run = exports as unknown as KernelFunctions;
  }

  /** The address of `length` fresh zero bytes, aligned for vectors. Nothing is ever given back. */
  reserve(length: number): number {
    const address = this.free;
    this.free = Math.ceil((address + length) / 16) * 16;
    this.growTo(this.free);
    return address;
  }

  /** Makes the area reserved last `length` bytes long; its bytes stay. */
  extendLast(address: number, length: number): void {
    this.free = Math.ceil((address + length) / 16) * 16;
    this.growTo(this.free);
  }

  private growTo(end: number): void {
    const missing = Math.ceil((end - this.bytes.length) / PAGE_BYTES);
    if (missing <= 0) return;
    this.memory.grow(missing);
    this.bytes = new Uint8Array(this.memory.buffer);
    this.words = new Uint32Array(this.memory.buffer);
  }
}
