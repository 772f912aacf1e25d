/** A worker thread: sums or searches the parts of a file that it is sent. */
import { serveJobs } from '../../threads/serve-jobs.js';
import { checkStop, type StopWord } from '../../threads/stop.js';
import { readFully } from '../files/descriptor.js';
import { ByteBuilder } from '../format/bytes.js';
import type { Fillable } from '../format/input-buffer.js';
import { InstructionPacker } from '../format/joiner.js';
import { Search } from '../format/search.js';
import { BlockSummer } from '../format/signature-writer.js';
import { adoptKernelModule } from '../format/wasm/kernel.js';
import type { FilePart } from '../parts.js';
import type { PartResults, Task, WorkerStart } from './messages.js';

/** A range of an open file. */
interface Range extends FilePart {
  readonly descriptor: number;
}

/** Reads a range into a consumer. */
type Feed = (range: Range, consumer: Fillable) => void;

serveJobs(({ task, kernel }: WorkerStart, stopWord) => {
  adoptKernelModule(kernel);
  const feed: Feed = (range, consumer) => feedUntilStopped(range, consumer, stopWord);
  const run = task.type === 'signature' ? signatureRunner(task, feed) : deltaRunner(task, feed);
  return { run, close: () => undefined };
});

/** @throws Stopped */
function feedUntilStopped(
  { descriptor, start, end }: Range,
  consumer: Fillable,
  stopWord: StopWord,
): void {
  for (let position = start; position < end;) {
    checkStop(stopWord);
    const room = consumer.room();
    const piece = room.subarray(0, Math.min(room.length, end - position));
    readFully(descriptor, position, piece);
    consumer.filled(piece.length);
    position += piece.length;
  }
}

function signatureRunner(
  task: Extract<Task, { type: 'signature' }>,
  feed: Feed,
): (part: FilePart) => PartResults['signature'] {
  const { descriptor } = task;
  const output = new ByteBuilder();
  const summer = new BlockSummer(task.header, output);
  return ({ start, end }) => {
    feed({ descriptor, start, end }, summer);
    summer.flush();
    return output.take();
  };
}

function deltaRunner(
  task: Extract<Task, { type: 'delta' }>,
  feed: Feed,
): (part: FilePart) => PartResults['delta'] {
  const { descriptor } = task;
  const { blockLength } = task.signature;
  const search = new Search(task.signature);
  return ({ start, end }) => {
    const packer = new InstructionPacker();
    search.restart(packer, start / blockLength);
    feed({ descriptor, start, end: Math.min(task.size, end + blockLength - 1) }, search);
    if (end === task.size) search.finish();
    else search.stop();
    return { instructions: packer.finish(), counts: search.takeCounts() };
  };
}
