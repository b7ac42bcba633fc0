import { describe, expect, it } from 'vitest';
import { rolesForKind, withRole } from './roles.ts';

describe('roles of columns', () => {
  it('takes a role away from the column that had it', () => {
    expect(withRole({ a: 'input', b: 'target', c: 'unused' }, 'c', 'target')).toEqual({
      a: 'input',
      b: 'unused',
      c: 'target',
    });
  });

  it('lets any number of columns be unused', () => {
    expect(withRole({ a: 'input', b: 'unused' }, 'a', 'unused')).toEqual({ a: 'unused', b: 'unused' });
  });

  it('turns the input into the instruction and back', () => {
    const supervised = { a: 'input', b: 'target' } as const;
    const instruction = rolesForKind(supervised, 'instruction');
    expect(instruction).toEqual({ a: 'instruction', b: 'target' });
    expect(rolesForKind(instruction, 'supervised')).toEqual(supervised);
  });
});
