/**
 * Requests that a client sends one after the other without waiting. Node hands them on all at once,
 * and never says of those whose answer has not begun that the connection is gone: their files would
 * stay open for ever.
 */
import type { RequestListener } from 'node:http';
import type { Socket } from 'node:net';

/** A client that sends more ahead is cut: each costs memory, and `varve copy` sends none. */
const MAX_WAITING = 16;

/** Answers one request of a connection at a time; those behind it wait, and go with the connection. */
export function inTurn(answer: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, (() => void)[]>();
  return (incoming, outgoing) => {
    const { socket } = incoming;
    const start = (): void => {
      outgoing.once('close', next);
      answer(incoming, outgoing);
    };
    const next = (): void => {
      const following = socket.destroyed ? undefined : waiting.get(socket)?.shift();
      if (following) following();
      else waiting.delete(socket);
    };
    const queue = waiting.get(socket);
    if (queue && queue.length >= MAX_WAITING) {
      socket.destroy();
    } else if (queue) {
      queue.push(start);
    } else {
      waiting.set(socket, []);
      start();
    }
  };
}
