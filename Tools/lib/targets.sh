# The machines that firmware is built for, and what each is called by whom. To be
# sourced; `target_use NAME yes|no` sets the variables for one, with stock libraries or lean ones.

TARGETS="armhf arm64 host"

target_use() {
    target=$1 stock=$2
    case $target in
    armhf)
        # No embedded standard library exists for ARM Linux; that for bare ARM serves.
        swift_triple=armv7-none-none-eabi
        debian_arch=armhf
        multiarch=arm-linux-gnueabihf
        musl_multiarch=arm-linux-musleabihf
        clang_target=armv7-linux-musleabihf
        [ "$stock" = no ] || clang_target=armv7-linux-gnueabihf
        machine_flags=(-mthumb -mfpu=vfpv3-d16 -fno-short-enums)
        # -no-allocations rejects 64-bit conversions here by mistake; the symbol gate stands in.
        swift_flags=()
        qemu=qemu-arm-static
        ;;
    arm64)
        swift_triple=aarch64-none-none-elf
        debian_arch=arm64
        multiarch=aarch64-linux-gnu
        musl_multiarch=aarch64-linux-musl
        clang_target=aarch64-linux-musl
        [ "$stock" = no ] || clang_target=aarch64-linux-gnu
        machine_flags=()
        swift_flags=(-Xfrontend -no-allocations)
        qemu=qemu-aarch64-static
        ;;
    host)
        swift_triple=x86_64-unknown-none-elf
        debian_arch=amd64
        multiarch=x86_64-linux-gnu
        musl_multiarch=x86_64-linux-musl
        clang_target=x86_64-linux-musl
        [ "$stock" = no ] || clang_target=x86_64-linux-gnu
        machine_flags=()
        swift_flags=(-Xfrontend -no-allocations)
        qemu=
        ;;
    *)
        echo "unknown target \"$target\": it is one of $TARGETS" >&2
        return 2
        ;;
    esac
    variant=$target
    # Debian's mbedTLS keeps 16 KiB for records out as well, and has more curves to set up.
    arena_size=45056
    if [ "$stock" = yes ]; then
        variant=$target-stock
        arena_size=98304
    fi
}

# The folder of the Swift toolchain's programs: its clang, lld and llvm tools build the C.
toolchain_find() {
    local swift
    swift=$(command -v swift) || {
        echo "swift is not in PATH; install Swift 6.3 (https://www.swift.org/install/linux/)" >&2
        return 1
    }
    toolchain=$(dirname "$(readlink -f "$swift")")
    local tool
    for tool in clang ld.lld llvm-ar llvm-nm llvm-objcopy llvm-objdump; do
        [ -x "$toolchain/$tool" ] || {
            echo "$tool is not beside swift in $toolchain; Swift 6.3's Linux toolchain has it" >&2
            return 1
        }
    done
}
