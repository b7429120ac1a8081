#include "engine/gpu/device.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <cstring>

#include "engine/gpu/arena.h"
#include "engine/gpu/buffer.h"
#include "engine/gpu/image.h"

using namespace mp;
using namespace mp::gpu;

namespace {

std::shared_ptr<Device> make_device(bool separate_memory = false) {
  DeviceOptions options;
  options.validation = true;
  options.separate_memory = separate_memory;
  auto d = Device::create(options);
  if (!d) WARN(d.error().message());
  REQUIRE(d);
  return *d;
}

}  // namespace

TEST_CASE("the validation layer is on and its complaints are counted") {
  auto d = make_device();
  if (!d->validating()) {
    WARN("the validation layer is not installed: every other check of its messages is void");
    return;
  }
  CHECK(d->validation_messages() == 0);
  VkBufferCreateInfo info{VK_STRUCTURE_TYPE_BUFFER_CREATE_INFO};
  info.usage = VK_BUFFER_USAGE_TRANSFER_DST_BIT;  // of no size, which is not allowed
  VkBuffer buffer = VK_NULL_HANDLE;
  if (vkCreateBuffer(d->handle(), &info, nullptr, &buffer) == VK_SUCCESS) vkDestroyBuffer(d->handle(), buffer, nullptr);
  CHECK(d->validation_messages() > 0);
}

TEST_CASE("what is retired lives until the device has passed it") {
  auto d = make_device();
  bool destroyed = false;
  d->commands();
  d->retire([&](VkDevice) { destroyed = true; });
  d->collect();
  CHECK_FALSE(destroyed);  // commands that may use it are still being recorded
  auto value = d->submit();
  d->wait(value);
  d->collect();
  CHECK(destroyed);
  CHECK(d->submit() == value);  // nothing was recorded
  bool at_the_end = false;
  d->commands();
  d->retire([&](VkDevice) { at_the_end = true; });
  d.reset();
  CHECK(at_the_end);
}

TEST_CASE("a thousand images and buffers of which few live at a time go back") {
  auto d = make_device();
  std::size_t most = 0;
  for (int i = 0; i < 300; ++i) {
    {
      Image image(*d, 8, 8, VK_FORMAT_R8G8B8A8_UNORM, i % 2 == 0);
      Buffer buffer(*d, BufferKind::storage, 100);
      Buffer moved = std::move(buffer);
      CHECK(moved);
    }
    d->submit();
    most = std::max(most, d->retired());
  }
  CHECK(most < 20);
  CHECK(d->validation_messages() == 0);
}

TEST_CASE("bytes travel through the arena, a buffer and an image and back") {
  bool separate = GENERATE(false, true);  // as on a card with memory of its own
  auto d = make_device(separate);
  std::vector<std::uint8_t> content(64 * 32 * 4);
  for (std::size_t i = 0; i < content.size(); ++i) content[i] = std::uint8_t(i * 13);
  auto storage = make_storage(*d, std::as_bytes(std::span(content)));
  CHECK(storage.address() != 0);
  if (separate) CHECK(storage.data() == nullptr);
  Image image(*d, 64, 32, VK_FORMAT_R8G8B8A8_UNORM, false);
  auto slice = d->arena().take(content.size());
  std::memcpy(slice.data, content.data(), content.size());
  Buffer back(*d, BufferKind::readback, content.size() * 2);
  auto commands = d->commands();
  VkBufferCopy plain{0, content.size(), content.size()};
  vkCmdCopyBuffer(commands, storage.handle(), back.handle(), 1, &plain);
  auto region = copy_region(slice.offset, 64, 0, 0, 64, 32);
  VkCopyBufferToImageInfo2 in{VK_STRUCTURE_TYPE_COPY_BUFFER_TO_IMAGE_INFO_2};
  in.srcBuffer = slice.buffer;
  in.dstImage = image.handle();
  in.dstImageLayout = VK_IMAGE_LAYOUT_GENERAL;
  in.regionCount = 1;
  in.pRegions = &region;
  vkCmdCopyBufferToImage2(commands, &in);
  memory_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_2_COPY_BIT,
                 VK_ACCESS_2_TRANSFER_READ_BIT | VK_ACCESS_2_TRANSFER_WRITE_BIT);
  auto out_region = copy_region(0, 64, 0, 0, 64, 32);
  VkCopyImageToBufferInfo2 out{VK_STRUCTURE_TYPE_COPY_IMAGE_TO_BUFFER_INFO_2};
  out.srcImage = image.handle();
  out.srcImageLayout = VK_IMAGE_LAYOUT_GENERAL;
  out.dstBuffer = back.handle();
  out.regionCount = 1;
  out.pRegions = &out_region;
  vkCmdCopyImageToBuffer2(commands, &out);
  memory_barrier(commands, VK_PIPELINE_STAGE_2_COPY_BIT, VK_ACCESS_2_TRANSFER_WRITE_BIT, VK_PIPELINE_STAGE_2_HOST_BIT,
                 VK_ACCESS_2_HOST_READ_BIT);
  d->submit_and_wait();
  CHECK(std::memcmp(back.data(), content.data(), content.size()) == 0);
  CHECK(std::memcmp(back.data() + content.size(), content.data(), content.size()) == 0);
  CHECK(d->validation_messages() == 0);
}

TEST_CASE("an arena gives slices that do not overlap, of any size") {
  auto d = make_device();
  auto& arena = d->arena();
  std::vector<std::pair<std::byte*, std::size_t>> slices;
  for (std::size_t bytes : {1u, 255u, 256u, 5'000'000u, 3u, 9'000'000u}) {
    auto s = arena.take(bytes);
    CHECK(s.offset % 256 == 0);
    std::memset(s.data, int(slices.size()) + 1, bytes);
    slices.push_back({s.data, bytes});
  }
  for (std::size_t i = 0; i < slices.size(); ++i) {
    CHECK(int(slices[i].first[0]) == int(i) + 1);
    CHECK(int(slices[i].first[slices[i].second - 1]) == int(i) + 1);
  }
}

TEST_CASE("two devices live side by side") {
  auto a = make_device();
  auto b = make_device();
  Image on_a(*a, 4, 4, VK_FORMAT_R8G8B8A8_UNORM, true), on_b(*b, 4, 4, VK_FORMAT_R8G8B8A8_UNORM, true);
  a->submit_and_wait();
  b->submit_and_wait();
  on_a.reset();
  a.reset();
  b->submit_and_wait();
  CHECK(b->validation_messages() == 0);
}

TEST_CASE("without a driver the error names the packages") {
  setenv("VK_ICD_FILENAMES", "/nonexistent.json", 1);
  setenv("VK_DRIVER_FILES", "/nonexistent.json", 1);
  auto d = Device::create({});
  unsetenv("VK_ICD_FILENAMES");
  unsetenv("VK_DRIVER_FILES");
  REQUIRE_FALSE(d);
  CHECK(d.error().message().find("libvulkan1") != std::string::npos);
  CHECK(d.error().message().find("mesa-vulkan-drivers") != std::string::npos);
}
