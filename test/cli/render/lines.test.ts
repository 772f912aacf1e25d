import { expect, test } from 'vitest';
import { lineChunks, mapped } from '../../../src/cli/render/lines.js';

test('lines come in few pieces', () => {
  const lines = Array.from({ length: 10_000 }, (_, i) => `line ${i} ${'x'.repeat(50)}`);
  const chunks = [...lineChunks(lines)];
  expect(chunks.length).toBeLessThan(15);
  expect(chunks.join('')).toBe(lines.map((line) => `${line}\n`).join(''));
});

test('no lines are no piece', () => {
  expect([...lineChunks([])]).toEqual([]);
});

test('leaving early ends the source', () => {
  let isEnded = false;
  function* source(): Generator<number> {
    try {
      for (let i = 0; ; i++) yield i;
    } finally {
      isEnded = true;
    }
  }
  for (const chunk of lineChunks(mapped(source(), String))) {
    expect(chunk.startsWith('0\n1\n')).toBe(true);
    break;
  }
  expect(isEnded).toBe(true);
});
