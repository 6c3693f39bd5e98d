import { expect, test } from 'bun:test'
import * as fc from 'fast-check'
import { createMembers } from '../../src/core/members.ts'

test('members behave like a Set in insertion order, whether they are few or many', () => {
  const step = fc.record({ add: fc.boolean(), member: fc.nat({ max: 20 }) })
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const model = new Set<number>()
      const members = createMembers<number>()
      for (const { add, member } of steps) {
        if (add) {
          model.add(member)
          members.add(member)
        } else {
          model.delete(member)
          members.delete(member)
        }
        expect(members.size).toBe(model.size)
        expect(members.has(member)).toBe(model.has(member))
      }
      expect([...members]).toEqual([...model])
    }),
  )
})
