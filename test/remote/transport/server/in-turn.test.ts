import { EventEmitter } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { inTurn } from '../../../../src/remote/transport/server/in-turn.js';

/** A connection, and the requests of it by their numbers, whose answers a test ends. */
function connection(listener: ReturnType<typeof inTurn>, name: string) {
  const socket = { name, destroyed: false, destroy: () => void (socket.destroyed = true) };
  const answers = new Map<number, EventEmitter>();
  return {
    socket,
    send(number: number): void {
      const outgoing = new EventEmitter();
      answers.set(number, outgoing);
      const incoming = { socket, number };
      listener(incoming as unknown as IncomingMessage, outgoing as unknown as ServerResponse);
    },
    end: (number: number) => void answers.get(number)?.emit('close'),
  };
}

function server() {
  const begun: string[] = [];
  const listener = inTurn((incoming) => {
    const { socket, number } = incoming as unknown as { socket: { name: string }; number: number };
    begun.push(`${socket.name}${number}`);
  });
  return { begun, connect: (name: string) => connection(listener, name) };
}

test('requests of one connection are answered one at a time, in order; others are not held up', () => {
  const { begun, connect } = server();
  const [a, b] = [connect('a'), connect('b')];
  for (const number of [1, 2, 3]) a.send(number);
  b.send(1);
  expect(begun).toEqual(['a1', 'b1']);
  a.end(1);
  expect(begun).toEqual(['a1', 'b1', 'a2']);
  a.send(4);
  a.end(2);
  a.end(3);
  expect(begun.slice(3)).toEqual(['a3', 'a4']);
  a.end(4);
  a.send(5);
  expect(begun.at(-1)).toBe('a5');
});

test('sixteen may wait; who sends one more is cut', () => {
  const { connect } = server();
  const a = connect('a');
  for (let number = 0; number <= 16; number += 1) a.send(number);
  expect(a.socket.destroyed).toBe(false);
  a.send(17);
  expect(a.socket.destroyed).toBe(true);
});

test('what waits goes with its connection', () => {
  const { begun, connect } = server();
  const a = connect('a');
  for (const number of [1, 2]) a.send(number);
  a.socket.destroy();
  a.end(1);
  expect(begun).toEqual(['a1']);
});
