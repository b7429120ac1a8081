// See keras_file.h. Layers are groups; "kernel" or "..._W_1" is a weight, height x width x in x out, "bias" or "..._b_1"
// its bias.
#include "ml/nn/torch/keras_file.h"

#include <hdf5.h>

#include <algorithm>

namespace mp::ml {
namespace {

constexpr hsize_t kMostValues = hsize_t(1) << 30;

/// Closes an HDF5 object whatever happens.
class Handle {
 public:
  Handle(hid_t id, herr_t (*close)(hid_t)) : id_(id), close_(close) {}
  ~Handle() {
    if (id_ >= 0) close_(id_);
  }
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  operator hid_t() const { return id_; }

 private:
  hid_t id_;
  herr_t (*close_)(hid_t);
};

struct Walk {
  std::vector<NamedTensor> tensors;
  std::string problem;
};

/// "block1_conv1/block1_conv1/kernel:0" -> "block1_conv1.weight"; empty where it is none of a layer's values.
std::string tensor_name(const std::string& path) {
  auto slash = path.rfind('/');
  if (slash == std::string::npos) return {};
  std::string value = path.substr(slash + 1, path.find(':', slash) - slash - 1), layer = path.substr(0, slash);
  layer = layer.substr(layer.rfind('/') + 1);
  if (value.starts_with(layer + "_")) value = value.substr(layer.size() + 1);
  if (value == "kernel" || value == "W" || value == "W_1" || value == "gamma") return layer + ".weight";
  if (value == "bias" || value == "b" || value == "b_1" || value == "beta") return layer + ".bias";
  if (value == "moving_mean") return layer + ".running_mean";
  if (value == "moving_variance") return layer + ".running_var";
  return {};
}

/// Keras' height x width x in x out, or in x out, to out x in (x height x width).
void turn_round(NamedTensor& t) {
  auto& s = t.shape;
  if (s.size() != 2 && s.size() != 4) return;
  const auto out = std::size_t(s.back()), in = std::size_t(s[s.size() - 2]), window = t.values.size() / (out * in);  // no extent is 0
  std::vector<float> v(t.values.size());
  for (std::size_t w = 0; w < window; ++w)
    for (std::size_t i = 0; i < in; ++i)
      for (std::size_t o = 0; o < out; ++o) v[(o * in + i) * window + w] = t.values[(w * in + i) * out + o];
  t.values = std::move(v);
  s = s.size() == 2 ? std::vector<std::int64_t>{s[1], s[0]} : std::vector<std::int64_t>{s[3], s[2], s[0], s[1]};
}

/// Adds a data set of floats; a problem ends the walk.
herr_t visit(hid_t root, const char* path, const H5O_info_t* info, void* to) {
  auto& walk = *static_cast<Walk*>(to);
  const auto name = info->type == H5O_TYPE_DATASET ? tensor_name(path) : std::string();
  if (name.empty()) return 0;
  auto bad = [&](const std::string& found) {
    walk.problem = std::string(path).substr(0, 80) + ": " + found;
    return 1;
  };
  Handle set(H5Dopen2(root, path, H5P_DEFAULT), H5Dclose);
  if (set < 0) return bad("a data set that cannot be opened");
  Handle type(H5Dget_type(set), H5Tclose), space(H5Dget_space(set), H5Sclose), made(H5Dget_create_plist(set), H5Pclose);
  if (type < 0 || space < 0 || made < 0) return bad("a broken data set");
  if (H5Tget_class(type) != H5T_FLOAT) return 0;
  // Values that lie in other files would be read from wherever the file says.
  if (H5Pget_external_count(made) != 0 || H5Pget_layout(made) == H5D_VIRTUAL) return bad("values in another file");
  const int dims = H5Sget_simple_extent_ndims(space);
  if (dims < 1 || dims > int(kMaxTensorDims)) return bad(std::to_string(dims) + " dimensions");
  hsize_t extent[kMaxTensorDims];
  H5Sget_simple_extent_dims(space, extent, nullptr);
  NamedTensor t{name, {}, {}};
  hsize_t n = 1;
  for (int d = 0; d < dims; ++d) {
    if (extent[d] == 0 || extent[d] > kMostValues / n) return bad("an enormous or empty data set");
    n *= extent[d];
    t.shape.push_back(std::int64_t(extent[d]));
  }
  t.values.resize(n);
  if (H5Dread(set, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, t.values.data()) < 0) return bad("values that cannot be read");
  turn_round(t);
  if (std::ranges::any_of(walk.tensors, [&](auto& o) { return o.name == name; })) return bad("a second tensor " + name);
  walk.tensors.push_back(std::move(t));
  return 0;
}

}  // namespace

Result<std::vector<NamedTensor>> read_keras_file(const std::string& path) {
  auto wrong = [&](const std::string& found) {
    return fail("cannot read the weights", path, "an .h5 file of Keras with layers and their values", found,
                "save it with model.save_weights(\"weights.h5\")");
  };
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  Handle file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0) return wrong("no HDF5 file, or a broken one");
  Walk walk;
  try {
    if (H5Ovisit(file, H5_INDEX_NAME, H5_ITER_NATIVE, visit, &walk) < 0 && walk.problem.empty()) walk.problem = "groups that cannot be read";
  } catch (const std::exception& e) {
    walk.problem = e.what();
  }
  if (!walk.problem.empty()) return wrong(walk.problem);
  if (walk.tensors.empty()) return wrong("no layer with values");
  return std::move(walk.tensors);
}

}  // namespace mp::ml
