/** The table of bad inputs, theme `imports`. */
import { testTheme } from "./suite.ts"

testTheme("imports")
