import { expect, test } from 'vitest';
import { VersionType } from '../../../src/repo/model.js';
import { isOfStream, STREAM_INODE } from '../../../src/repo/tree/stream-version.js';
import { savedFile } from '../../support/nodes.js';

test.each(Object.entries(VersionType))(
  'of a stream is a file without an inode: %s',
  (name, type) => {
    expect(isOfStream(savedFile({ type, inode: STREAM_INODE }))).toBe(name === 'file');
    expect(isOfStream(savedFile({ type, inode: 1 }))).toBe(false);
  },
);
