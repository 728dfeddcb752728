/** The table of bad inputs, theme `clock`. */
import { testTheme } from "./suite.ts"

testTheme("clock")
