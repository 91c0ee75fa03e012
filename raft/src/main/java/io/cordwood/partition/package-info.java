/** The deterministic core of one partition. */
@NullMarked
package io.cordwood.partition;

import org.jspecify.annotations.NullMarked;
