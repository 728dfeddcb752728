/** JSON as text: what is cut and joined comes out byte for byte. */
import { expect, test } from "bun:test"
import { mergeRaw, rawMember, rawMembers, readLenient, strictText } from "../src/index.ts"

test("members keep the text of their values", () => {
  const text = ` { "a" : NaN, "b":{"c": [1, {"d":"}"}]},"e\\"":-Infinity,"big":1152921504606846977 , "s":"x, y" } `
  expect(rawMembers(text)).toEqual([
    ["a", "NaN"],
    ["b", `{"c": [1, {"d":"}"}]}`],
    [`e"`, "-Infinity"],
    ["big", "1152921504606846977"],
    ["s", `"x, y"`],
  ])
  expect(rawMember(text, "big")).toBe("1152921504606846977")
  expect(rawMember(text, "none")).toBeUndefined()
  for (const none of ["", "[]", "1", "null", "{}", "{", `"{}"`])
    expect(rawMembers(none)).toEqual([])
})

test("what is merged over wins, the rest stays as it is", () => {
  expect(mergeRaw(`{"a":1,"b":{"x":NaN}}`, `{"b":2,"c":1152921504606846977}`)).toBe(
    `{"a":1,"b":2,"c":1152921504606846977}`,
  )
  expect(mergeRaw("{}", "nonsense")).toBe("{}")
})

test("bare NaN becomes a string, and only there", () => {
  expect(strictText(`{"NaN":NaN,"s":"NaN \\" Infinity","l":[-Infinity,Infinity]}`)).toBe(
    `{"NaN":"NaN","s":"NaN \\" Infinity","l":["-Infinity","Infinity"]}`,
  )
  expect(readLenient(`{"a":NaN}`)).toEqual({ a: "NaN" })
  expect(readLenient("{")).toBeUndefined()
})
