// What every page needs: current times, the list keys, the list of keys. Pages add modules of their own.
import "./time.js";
import "./keys.js";
import "./fold.js";
import "./attendance.js";
