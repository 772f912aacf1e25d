/**
 * The few names of the WebAssembly interface that Varve uses. TypeScript declares them only
 * together with the browser's DOM, which this project does not load.
 */
declare namespace WebAssembly {
  /** Compiled code; may be posted to a worker. */
  interface Module {
    readonly [Symbol.toStringTag]: 'WebAssembly.Module';
  }
  const Module: new (bytes: Uint8Array) => Module;
  class Memory {
    constructor(descriptor: { initial: number; maximum?: number });
    readonly buffer: ArrayBuffer;
    grow(pages: number): number;
  }
  class Instance {
    constructor(module: Module, imports: Record<string, Record<string, unknown>>);
    readonly exports: Record<string, unknown>;
  }
}
