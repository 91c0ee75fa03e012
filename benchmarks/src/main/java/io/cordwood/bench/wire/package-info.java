/** Members of consumer groups that speak the protocol by hand, and cost a measurement next to nothing. */
@NullMarked
package io.cordwood.bench.wire;

import org.jspecify.annotations.NullMarked;
