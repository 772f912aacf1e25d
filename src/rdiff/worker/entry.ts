/** A worker thread: sums or searches the parts of a file that it is sent. */
import { serveJobs } from '../../threads/serve-jobs.js';
import { readFully } from '../files/descriptor.js';
import { ByteBuilder } from '../format/bytes.js';
import type { Fillable } from '../format/input-buffer.js';
import { InstructionPacker } from '../format/joiner.js';
import { Search } from '../format/search.js';
import { BlockSummer } from '../format/signature-writer.js';
import { adoptKernelModule } from '../format/wasm/kernel.js';
import type { FilePart } from '../parts.js';
import type { PartResults, Task, WorkerStart } from './messages.js';

serveJobs(({ task, kernel }: WorkerStart) => {
  adoptKernelModule(kernel);
  return task.type === 'signature' ? signatureRunner(task) : deltaRunner(task);
});

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

function signatureRunner(
  task: Extract<Task, { type: 'signature' }>,
): (part: FilePart) => PartResults['signature'] {
  const output = new ByteBuilder();
  const summer = new BlockSummer(task.header, output);
  return ({ start, end }) => {
    feed(task.descriptor, start, end, summer);
    summer.flush();
    return output.take();
  };
}

function deltaRunner(
  task: Extract<Task, { type: 'delta' }>,
): (part: FilePart) => PartResults['delta'] {
  const { blockLength } = task.signature;
  const search = new Search(task.signature);
  return ({ start, end }) => {
    const packer = new InstructionPacker();
    search.restart(packer, start / blockLength);
    feed(task.descriptor, start, Math.min(task.size, end + blockLength - 1), search);
    if (end === task.size) search.finish();
    else search.stop();
    return { instructions: packer.finish(), counts: search.takeCounts() };
  };
}
