import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { createInterrupts } from '../../src/cli/interrupts.js';

function setUp(ignoresHangUp = false) {
  const process = new EventEmitter() as unknown as NodeJS.Process;
  const said: string[] = [];
  const interrupts = createInterrupts(process, {
    onFirst: () => said.push('stopping'),
    endAtOnce: () => said.push('ended'),
    guard: (signals) => said.push(`guarded ${signals.join(' ')}`),
    ignoresHangUp,
  });
  return { process, said, interrupts };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
  'the first, a %s, asks an operation to stop, the second ends the process',
  (first) => {
    const { process, said, interrupts } = setUp();
    const signal = interrupts.takeSignal();
    process.emit(first as 'SIGINT', first as 'SIGINT');
    expect(signal.aborted).toBe(true);
    expect(said).toEqual(['guarded SIGINT SIGTERM SIGHUP', 'stopping']);
    process.emit('SIGTERM', 'SIGTERM');
    expect(said.at(-1)).toBe('ended');
  },
);

test('until a command takes it nobody listens, and the system ends the process', () => {
  const { process } = setUp();
  expect(process.eventNames()).toEqual([]);
});

test('SIGHUP is ignored from the start where that is asked for', () => {
  const { process, said, interrupts } = setUp(true);
  const signal = interrupts.takeSignal();
  process.emit('SIGHUP', 'SIGHUP');
  expect(signal.aborted).toBe(false);
  expect(said).toEqual(['guarded SIGINT SIGTERM']);
});
