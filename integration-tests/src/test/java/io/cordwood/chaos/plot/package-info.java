/** A run for the eye: one picture and one page of numbers. */
@NullMarked
package io.cordwood.chaos.plot;

import org.jspecify.annotations.NullMarked;
