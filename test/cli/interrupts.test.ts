import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { listenForInterrupts } from '../../src/cli/interrupts.js';

function setUp() {
  const process = new EventEmitter() as unknown as NodeJS.Process;
  const said: string[] = [];
  const interrupts = listenForInterrupts(
    process,
    () => said.push('stopping'),
    () => said.push('ended'),
  );
  return { process, said, interrupts };
}

test('the first asks an operation to stop, the second ends the process', () => {
  const { process, said, interrupts } = setUp();
  const signal = interrupts.takeSignal();
  process.emit('SIGINT', 'SIGINT');
  expect(signal.aborted).toBe(true);
  expect(said).toEqual(['stopping']);
  process.emit('SIGTERM', 'SIGTERM');
  expect(said).toEqual(['stopping', 'ended']);
});

test('a command that cannot stop is ended at once', () => {
  const { process, said } = setUp();
  process.emit('SIGTERM', 'SIGTERM');
  expect(said).toEqual(['ended']);
});
