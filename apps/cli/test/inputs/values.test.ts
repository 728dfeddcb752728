/** The table of bad inputs, theme `values`. */
import { testTheme } from "./suite.ts"

testTheme("values")
