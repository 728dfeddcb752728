/** The table of bad inputs, theme `stores`. */
import { testTheme } from "./suite.ts"

testTheme("stores")
