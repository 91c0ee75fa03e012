/** Judges of a run: each holds its history against one promise, and says what breaks it. */
@NullMarked
package io.cordwood.chaos.check;

import org.jspecify.annotations.NullMarked;
