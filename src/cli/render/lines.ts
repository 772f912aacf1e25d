/** Many lines as few pieces of text. */

const CHUNK_CHARACTERS = 65_536;

/** The lines, each ended by a line break, in pieces of about 64 KiB; reads them as it is asked. */
export function* lineChunks(lines: Iterable<string>): Generator<string> {
  let pending = '';
  for (const line of lines) {
    pending += `${line}\n`;
    if (pending.length < CHUNK_CHARACTERS) continue;
    yield pending;
    pending = '';
  }
  if (pending !== '') yield pending;
}

/** `transform` of each element, when it is asked for. */
export function* mapped<From, To>(
  elements: Iterable<From>,
  transform: (element: From) => To,
): Generator<To> {
  for (const element of elements) yield transform(element);
}
