import { describe, expect, test } from '@jest/globals';

import { readUpdateMask } from './update-mask.ts';

const ALLOWED = ['name', 'member_limit'] as const;

describe('an update mask', () => {
  test('gives the fields that it names, each once', () => {
    expect(readUpdateMask(['member_limit', 'name', 'member_limit'], ALLOWED)).toEqual(
      new Set(['member_limit', 'name']),
    );
    expect(readUpdateMask(['name'], ALLOWED)).toEqual(new Set(['name']));
  });

  test.each([[undefined], [[]], [['']], [['name', 'owner_id']], [['memberLimit']], [['*']], [['name.x']]])(
    '%j is refused, and told what may be changed',
    (mask) => {
      expect(() => readUpdateMask(mask, ALLOWED)).toThrow(
        expect.objectContaining({
          reason: 'INVALID_FIELD',
          violations: [{ field: 'update_mask', description: 'one or more of name, member_limit' }],
        }),
      );
    },
  );
});
