/** A run of a cluster under faults, and what is made of it. */
@NullMarked
package io.cordwood.chaos;

import org.jspecify.annotations.NullMarked;
