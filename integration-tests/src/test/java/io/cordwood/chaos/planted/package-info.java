/** Bugs that are planted into servers, so that a run under faults can show that its judges find them. */
@NullMarked
package io.cordwood.chaos.planted;

import org.jspecify.annotations.NullMarked;
