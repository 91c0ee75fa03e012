/** The log of one replica on disk: segments, index, recovery. */
@NullMarked
package io.cordwood.store;

import org.jspecify.annotations.NullMarked;
