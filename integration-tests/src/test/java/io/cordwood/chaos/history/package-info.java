/**
 * What happened in a run under faults, as it is written down while it runs and read by those who judge it.
 */
@NullMarked
package io.cordwood.chaos.history;

import org.jspecify.annotations.NullMarked;
