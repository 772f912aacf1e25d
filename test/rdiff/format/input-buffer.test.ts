/** Input in a kernel's memory: nothing of it is lost, and no more memory is taken than it needs. */
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fill, InputBuffer } from '../../../src/rdiff/format/input-buffer.js';
import { SearchWindow } from '../../../src/rdiff/format/search-window.js';
import { Kernel } from '../../../src/rdiff/format/wasm/kernel.js';
import { noise, runs } from '../../support/seed.js';

const MIB = 2 ** 20;
const PAGE = 65_536;

function take(buffer: InputBuffer, bytes: Uint8Array): void {
  fill({ room: () => buffer.room(), filled: (length) => buffer.filled(length) }, bytes);
}
const held = (buffer: InputBuffer): Buffer => Buffer.from(buffer.view(buffer.start, buffer.end));

test('what is held is what came and was not dropped', () => {
  const steps = fc.array(fc.tuple(fc.nat(400_000), fc.double({ min: 0, max: 1, noNaN: true })), {
    maxLength: 12,
  });
  fc.assert(
    fc.property(steps, (list) => {
      const kernel = new Kernel();
      const before = kernel.reserve(100);
      kernel.bytes.fill(7, before, before + 100);
      const limit = 2 * MIB;
      const buffer = new InputBuffer(kernel, limit);
      let expected = Buffer.alloc(0);
      list.forEach(([length, share], seed) => {
        const more = noise(Math.min(length, limit - expected.length), seed);
        take(buffer, more);
        expected = Buffer.concat([expected, more]);
        expect(buffer.length).toBe(expected.length);
        expect(held(buffer).equals(expected)).toBe(true);
        const dropped = Math.floor(share * expected.length);
        buffer.drop(dropped);
        expected = expected.subarray(dropped);
        expect(held(buffer).equals(expected)).toBe(true);
      });
      expect(kernel.bytes.subarray(before, before + 100).every((byte) => byte === 7)).toBe(true);
    }),
    runs(15),
  );
});

describe('room', () => {
  test('is a MiB at first, and twice as much each time that it does not do, up to the limit', () => {
    const kernel = new Kernel();
    const buffer = new InputBuffer(kernel, 3 * MIB);
    const bytes = noise(3 * MIB, 1);
    const rooms: number[] = [];
    for (let at = 0; at < bytes.length;) {
      const room = buffer.room();
      rooms.push(room.length);
      room.set(bytes.subarray(at, at + room.length));
      buffer.filled(room.length);
      at += room.length;
    }
    expect(rooms).toEqual([MIB, MIB, MIB]);
    expect(held(buffer).equals(bytes)).toBe(true);
    expect(kernel.bytes.length).toBeLessThanOrEqual(3 * MIB + 2 * PAGE);
    expect(() => buffer.room()).toThrow('The input buffer overflows');
  });

  test('is taken from what was dropped, where that is half of it or more', () => {
    for (const [kept, isGrown] of [
      [MIB / 2, false],
      [MIB / 2 + 1, true],
    ] as const) {
      const kernel = new Kernel();
      const buffer = new InputBuffer(kernel, 4 * MIB);
      const bytes = noise(MIB, 2);
      take(buffer, bytes);
      buffer.drop(MIB - kept);
      const size = kernel.bytes.length;
      const room = buffer.room();
      expect(room.length).toBe(isGrown ? 2 * MIB - kept : MIB - kept);
      expect(kernel.bytes.length > size).toBe(isGrown);
      expect(held(buffer).equals(bytes.subarray(-kept))).toBe(true);
    }
  });

  test('is no more than the limit', () => {
    const buffer = new InputBuffer(new Kernel(), 1000);
    expect(buffer.room().length).toBe(1000);
  });

  test('is all there again when nothing is held', () => {
    const buffer = new InputBuffer(new Kernel(), 1000);
    take(buffer, noise(999, 1));
    buffer.drop(998);
    expect(buffer.room().length).toBe(1);
    buffer.drop(1);
    expect(buffer.room().length).toBe(1000);
  });
});

test('memory of a kernel is there as soon as it is reserved, and aligned', () => {
  const kernel = new Kernel();
  for (const length of [1, 17, PAGE, 3 * PAGE + 5, 0, 16]) {
    const address = kernel.reserve(length);
    expect(address % 16).toBe(0);
    expect(kernel.bytes.length).toBeGreaterThanOrEqual(address + length);
    expect(kernel.words.length * 4).toBe(kernel.bytes.length);
    kernel.bytes.fill(1, address, address + length);
    expect(kernel.bytes.subarray(address, address + length).every((byte) => byte === 1)).toBe(true);
  }
});

describe('a window', () => {
  /** What it gave, in words. */
  function lab(ahead = 1000) {
    const given: string[] = [];
    const window = new SearchWindow(new Kernel(), 10, ahead);
    window.restart({
      copy: (position, length) => void given.push(`copy ${position} ${length}`),
      literal: (bytes) => void given.push(`literal ${bytes.length} ${bytes[0]}`),
    });
    return { given, window };
  }

  test('gives what lies before it, then the copy, and stands behind', () => {
    const { given, window } = lab();
    fill(
      window,
      Uint8Array.from({ length: 50 }, (_, i) => i),
    );
    window.start += 5;
    expect(window.position).toBe(5);
    window.copy(700, 10);
    expect([given, window.position]).toEqual([['literal 5 0', 'copy 700 10'], 15]);
    expect(window.rest()[0]).toBe(15);
    window.copy(9, 10);
    expect([given.length, window.position]).toEqual([3, 25]);
    window.start = window.end;
    window.giveLiterals();
    expect([given[3], window.position, window.rest().length]).toEqual(['literal 25 25', 50, 0]);
  });

  test('gives whole literals before the rest', () => {
    const { given, window } = lab(200_000);
    fill(window, new Uint8Array(200_000));
    for (const [start, count] of [
      [65_534, 0],
      [65_535, 1],
      [131_069, 1],
      [131_070, 2],
    ] as const) {
      window.start += start - window.position;
      window.giveWholeLiterals();
      expect([window.position, given.length]).toEqual([start, count]);
    }
    window.start += 7;
    window.giveLiterals();
    expect(given).toEqual(['literal 65535 0', 'literal 65535 0', 'literal 7 0']);
    window.giveLiterals();
    expect(given).toHaveLength(3);
  });

  test('forgets all at a new start', () => {
    const { given, window } = lab();
    fill(window, new Uint8Array(50));
    window.copy(0, 10);
    window.restart({ copy: () => undefined, literal: () => undefined });
    expect([window.position, window.rest().length]).toEqual([0, 0]);
    fill(window, new Uint8Array(5));
    window.start = window.end;
    window.giveLiterals();
    expect(given).toEqual(['copy 0 10']);
    expect(window.position).toBe(5);
  });
});
