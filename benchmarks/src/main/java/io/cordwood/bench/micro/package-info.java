/** One JMH class per question; benchmarks/jmh runs them. */
@NullMarked
package io.cordwood.bench.micro;

import org.jspecify.annotations.NullMarked;
