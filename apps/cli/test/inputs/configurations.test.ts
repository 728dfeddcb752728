/** The table of bad inputs, theme `configurations`. */
import { testTheme } from "./suite.ts"

testTheme("configurations")
