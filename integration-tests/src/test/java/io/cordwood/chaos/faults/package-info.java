/** What is done to a cluster of processes, when, and to whom. */
@NullMarked
package io.cordwood.chaos.faults;

import org.jspecify.annotations.NullMarked;
