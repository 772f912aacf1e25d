/** A worker thread: sums or searches the parts of a file that it is sent. */
import { parentPort, workerData } from 'node:worker_threads';
import { CodedError } from '../../errors.js';
import { readFully } from '../files/descriptor.js';
import { ByteBuilder } from '../format/bytes.js';
import type { Fillable } from '../format/input-buffer.js';
import { InstructionPacker } from '../format/joiner.js';
import { Search } from '../format/search.js';
import { BlockSummer } from '../format/signature-writer.js';
import { adoptKernelModule } from '../format/wasm/kernel.js';
import type { Part, PartResult, Task, WorkerStart } from './messages.js';

const { task, kernel } = workerData as WorkerStart;
adoptKernelModule(kernel);

/** Reads a range of the file into `consumer`. */
function feed(descriptor: number, start: number, end: number, consumer: Fillable): void {
  for (let position = start; position < end;) {
    const room = consumer.room();
    const piece = room.subarray(0, Math.min(room.length, end - position));
    readFully(descriptor, position, piece);
    consumer.filled(piece.length);
    position += piece.length;
  }
}

type Handler = (part: Part) => PartResult;

function signatureHandler(run: Extract<Task, { type: 'signature' }>): Handler {
  const output = new ByteBuilder();
  const summer = new BlockSummer(run.header, output);
  return ({ start, end }) => {
    feed(run.descriptor, start, end, summer);
    summer.flush();
    return { type: 'signature', entries: output.take() };
  };
}

function deltaHandler(run: Extract<Task, { type: 'delta' }>): Handler {
  const { blockLength } = run.signature;
  const search = new Search(run.signature);
  return ({ start, end }) => {
    const packer = new InstructionPacker();
    search.restart(packer, start / blockLength);
    feed(run.descriptor, start, Math.min(run.size, end + blockLength - 1), search);
    if (end === run.size) search.finish();
    else search.stop();
    return { type: 'delta', instructions: packer.finish(), counts: search.takeCounts() };
  };
}

const handle = task.type === 'signature' ? signatureHandler(task) : deltaHandler(task);

function answer(part: Part): PartResult {
  try {
    return handle(part);
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    const { code, hint } = error instanceof CodedError ? error : {};
    return { type: 'failed', code, message: error.message, hint };
  }
}

parentPort?.on('message', (part: Part) => {
  parentPort?.postMessage(answer(part));
});
