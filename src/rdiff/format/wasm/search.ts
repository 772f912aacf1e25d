/**
 * The rolling search: moves a window byte by byte until its weak sum stands in a signature's table.
 * A bitmap (small enough for the processor's cache) turns nearly every miss away, the hashed table
 * behind it the rest.
 *
 * Each kernel is `name(position, last, sum, blockLength, weight)`: `sum` is the weak sum of the
 * window at address `position`. It rolls until a window's sum is in the table or the window at
 * `last` is reached, and returns the window's address; {@link SEARCH_SUM} and
 * {@link SEARCH_CANDIDATE} say the rest. The window at `position` itself is not looked up.
 */
import {
  defineFunction,
  i32,
  sequence,
  type Code,
  type FunctionSource,
  type Local,
} from './assembler.js';
import { SEARCH_CANDIDATE, SEARCH_SUM } from './layout.js';
import { rabinKarpRolling, rollsumRolling, singleSteps } from './search-steps.js';
import { loadTable, type NewLocal, type SearchLocals } from './search-table.js';
import { rabinKarpVectorSteps } from './search-vector.js';

type FourLocals = [Local, Local, Local, Local];

function searchFunction(
  name: string,
  steps: (search: SearchLocals, local: NewLocal) => Code,
): FunctionSource {
  return defineFunction(name, 4, 'i32', (parameters, local) => {
    const [position, last, sum, blockLength] = parameters as FourLocals;
    const fresh = () => local('i32');
    const search: SearchLocals = {
      position,
      last,
      sum,
      weight: fresh(),
      ahead: fresh(),
      hash: fresh(),
      candidate: fresh(),
      bitmapMask: fresh(),
      heads: fresh(),
      headShift: fresh(),
      next: fresh(),
      weak: fresh(),
    };
    return sequence(
      loadTable(search),
      search.ahead.set(i32.add(position.get, blockLength.get)),
      steps(search, local),
      i32.store(i32.const(0), i32.const(0), SEARCH_CANDIDATE),
      i32.store(i32.const(0), sum.get, SEARCH_SUM),
      position.get,
    );
  });
}

export const rabinKarpSearch = (): FunctionSource =>
  searchFunction('rabinKarpSearch', (search, local) =>
    sequence(
      rabinKarpVectorSteps(search, local),
      singleSteps(search, rabinKarpRolling(search, local)),
    ),
  );

export const rollsumSearch = (): FunctionSource =>
  searchFunction('rollsumSearch', (search, local) =>
    singleSteps(search, rollsumRolling(search, local)),
  );
