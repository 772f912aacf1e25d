/** A list that is sent while it is made: what goes when, and what ends it. */
import { describe, expect, test } from 'vitest';
import { createHashList } from '../../../../src/remote/copy/hashing/hash-list.js';
import { Watermark, type Listing } from '../../../../src/remote/copy/hashing/listing.js';
import { sendListing } from '../../../../src/remote/copy/routes/send-listing.js';
import type { PiecemealAnswer } from '../../../../src/remote/transport/server/answers.js';

const MOST = 16_384;

/** An answer and a listing that write down what becomes of them. */
function lab(blocks: number) {
  const story: string[] = [];
  const progress = new Watermark(blocks);
  const list = createHashList(blocks * 16, 16, { name: 'x', digestBytes: 1 });
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => {
    settle = () => {
      story.push('settled');
      resolve();
    };
  });
  const listing: Listing = {
    list,
    hasWeakSums: true,
    ready: (block) => progress.reached(block),
    settled,
    stop: () => {
      story.push('stop');
      setImmediate(settle);
    },
  };
  const answer = {
    isGone: false,
    write: (bytes: Uint8Array) => {
      story.push(`write ${bytes.length}`);
      return Promise.resolve();
    },
    end: () => {
      story.push('end');
      return Promise.resolve();
    },
    breakOff: () => void story.push('break off'),
  };
  const send = async (bytesOf = (first: number, next: number) => new Uint8Array(next - first)) => {
    await sendListing(answer as unknown as PiecemealAnswer, listing, bytesOf);
    story.push('done');
  };
  return { story, progress, answer, send };
}
const ENDED = ['end', 'stop', 'settled', 'done'];

describe('blocks go', () => {
  test('as soon as they are there, all that are', async () => {
    const { story, progress, send } = lab(10);
    const sending = send();
    progress.done(0, 1);
    await new Promise((resolve) => setImmediate(resolve));
    expect(story).toEqual(['write 1']);
    progress.done(3, 4);
    progress.done(1, 2);
    await new Promise((resolve) => setImmediate(resolve));
    expect(story).toEqual(['write 1', 'write 6']);
    progress.done(7, 3);
    await sending;
    expect(story).toEqual(['write 1', 'write 6', 'write 3', ...ENDED]);
  });

  test.each([
    [MOST, [MOST]],
    [MOST + 1, [MOST, 1]],
    [2 * MOST + 5, [MOST, MOST, 5]],
    [0, []],
  ])('%i of them at most so many at once: %j', async (blocks, writes) => {
    const { story, progress, send } = lab(blocks);
    progress.done(0, blocks);
    await send();
    expect(story).toEqual([...writes.map((bytes) => `write ${bytes}`), ...ENDED]);
  });

  test('to nobody who is gone', async () => {
    const { story, progress, answer, send } = lab(3 * MOST);
    progress.done(0, 3 * MOST);
    await send((first, next) => {
      answer.isGone = true;
      return new Uint8Array(next - first);
    });
    expect(story.filter((one) => one.startsWith('write'))).toEqual([`write ${MOST}`]);
    expect(story.slice(-3)).toEqual(['stop', 'settled', 'done']);
  });
});

test.each([
  ['the list cannot be made', 'fail'],
  ['the file changed', 'throw'],
])('the end is never sent where %s, and the file is waited for', async (_, how) => {
  const { story, progress, send } = lab(5);
  progress.done(0, 3);
  if (how === 'fail') progress.fail(new Error('broken'));
  else progress.done(3, 2);
  await send((first, next) => {
    if (how === 'throw') throw new Error('changed');
    return new Uint8Array(next - first);
  });
  const written = how === 'fail' ? ['write 3'] : [];
  expect(story).toEqual([...written, 'break off', 'stop', 'settled', 'done']);
});
