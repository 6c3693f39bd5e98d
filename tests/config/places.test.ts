import { expect, test } from 'bun:test'
import { keyPlaces } from '../../src/config/places.ts'

test('every key and list entry has its line and column, whatever TOML surrounds it', () => {
  const text = `# listen = 1
a = "x # not a comment \\" = "
'q.k' = '''
b = 1
'''
list = [
  1, # one
  "]", [2,
  3] ]
in = { x = 1, y = { z = "}" } }
  deep.er = """
""\\""" """
[t . "u"]
c = 1979-05-27T07:32:00Z
[[many]]
d = []
[[many]]
d = {}
e = true`
  const places = Object.fromEntries(
    [...keyPlaces(text)].map(([path, { line, column }]) => [path, `${line}:${column}`]),
  )
  expect(Bun.TOML.parse(text)).toBeDefined()
  expect(places).toEqual({
    a: '2:1',
    'q.k': '3:1',
    list: '6:1',
    'list.0': '7:3',
    'list.1': '8:3',
    'list.2': '8:8',
    'list.2.0': '8:9',
    'list.2.1': '9:3',
    in: '10:1',
    'in.x': '10:8',
    'in.y': '10:15',
    'in.y.z': '10:21',
    'deep.er': '11:3',
    't.u': '13:1',
    't.u.c': '14:1',
    'many.0': '15:1',
    'many.0.d': '16:1',
    'many.1': '17:1',
    'many.1.d': '18:1',
    'many.1.e': '19:1',
  })
})

test('Windows line ends do not shift a place', () => {
  expect(keyPlaces('a = 1\r\n\r\n[b]\r\nc = 2\r\n').get('b.c')).toEqual({ line: 4, column: 1 })
})
