/** Modules of Node that take their time to load, and that not every command needs. */
import { once } from './once.js';

/** 5 ms. */
export const crypto = once(() => process.getBuiltinModule('node:crypto'));
/** 2 ms. */
export const workerThreads = once(() => process.getBuiltinModule('node:worker_threads'));
