/** Processes that a measurement starts on this machine, and what the kernel tells about them. */
@NullMarked
package io.cordwood.bench.process;

import org.jspecify.annotations.NullMarked;
