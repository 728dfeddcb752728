/** The table of bad inputs, theme `engines`. */
import { testTheme } from "./suite.ts"

testTheme("engines")
